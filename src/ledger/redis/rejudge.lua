-- Queues again: 6 the submission, 7 the event, 8 the priority of rejudges.
local reply = once(function()
  local sub = load(ARGV[6])
  if not sub then return { 'missing' } end
  -- One that waits for its rejudge already keeps its place.
  local waits = sub.status == 'queued' and sub.priority == ARGV[8]
  if not waits then withdraw(sub) end
  fence_off(sub)
  move(sub, 'queued')
  sub.priority = ARGV[8]
  local key = prefix .. 's:' .. sub.id
  redis.call('HSET', key, 'queued', stamp, 'priority', sub.priority, 'attempt', '0', 'lost', '0')
  redis.call('HDEL', key, 'turn')
  redis.call('DEL', prefix .. 'r:' .. sub.id)
  local place = record(sub, ARGV[7])
  if not waits then join(sub, int(place)) end
  return { 'ok' }
end)
if reply[2] == 'ok' then return { reply[1], 'ok', row(ARGV[6]) } end
return reply
