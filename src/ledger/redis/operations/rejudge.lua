-- Queues again: the submission, the event, the priority of rejudges.
operations.rejudge = function(args)
  local id, event, priority = unpack(args)
  local sub = load(id)
  if not sub then return { 'missing' } end
  -- One that waits for its rejudge already keeps its place.
  local stays = sub.status == 'queued' and sub.priority == priority
  if not stays then withdraw(sub) end
  fence_off(sub)
  move(sub, 'queued')
  put(sub, 'priority', priority)
  put(sub, 'queued', stamp)
  put(sub, 'attempt', '0')
  put(sub, 'lost', '0')
  redis.call('HDEL', prefix .. 's:' .. id, 'turn')
  redis.call('DEL', prefix .. 'r:' .. id)
  local place = record(sub, event)
  if not stays then join(sub, place) end
  return { 'ok', id }
end
shown.rejudge = show
