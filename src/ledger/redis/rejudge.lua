-- Queues again: 6 the submission, 7 the event, 8 the priority of rejudges.
local reply = once(function()
  local sub = load(ARGV[6])
  if not sub then return { 'missing' } end
  -- One that waits for its rejudge already keeps its place.
  local waits = sub.status == 'queued' and sub.priority == ARGV[8]
  if not waits then withdraw(sub) end
  fence_off(sub)
  move(sub, 'queued')
  put(sub, 'priority', ARGV[8])
  put(sub, 'queued', stamp)
  put(sub, 'attempt', '0')
  put(sub, 'lost', '0')
  redis.call('HDEL', prefix .. 's:' .. sub.id, 'turn')
  redis.call('DEL', prefix .. 'r:' .. sub.id)
  local place = record(sub, ARGV[7])
  if not waits then join(sub, int(place)) end
  return { 'ok' }
end)
if reply[2] == 'ok' then return { reply[1], 'ok', row(ARGV[6]) } end
return reply
