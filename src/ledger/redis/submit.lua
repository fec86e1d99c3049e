-- A new submission: 6 user, 7 priority, 8 problem or '', 9 language, 10 how many may wait, 11 the event, 12 its texts.
return once(function()
  local count = redis.call('ZCARD', prefix .. 'is:queued')
  if count >= tonumber(ARGV[10]) then return { 'full', int(count) } end
  local id = int(redis.call('HINCRBY', tally, 'id', 1))
  local sub = { id = id, user = ARGV[6], priority = ARGV[7], status = 'queued', changes = {} }
  local key = prefix .. 's:' .. id
  redis.call('HSET', key, 'user', sub.user, 'status', 'queued', 'priority', sub.priority, 'language', ARGV[9],
    'created', stamp, 'queued', stamp, 'attempt', '0', 'lost', '0', 'fence', '0')
  if ARGV[8] ~= '' then
    redis.call('HSET', key, 'problem', ARGV[8])
    redis.call('ZADD', prefix .. 'for:' .. ARGV[8], id, id)
  end
  redis.call('SET', prefix .. 't:' .. id, ARGV[12])
  redis.call('ZADD', prefix .. 'by:' .. sub.user, id, id)
  redis.call('ZADD', prefix .. 'is:queued', id, id)
  join(sub, int(record(sub, ARGV[11])))
  return { 'ok', id, stamp }
end)
