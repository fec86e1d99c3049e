-- A new submission: 5 user, 6 priority, 7 problem or '', 8 language, 9 how many may wait, 10 the event, 11 its texts.
return once(function()
  local count = redis.call('ZCARD', prefix .. 'is:queued')
  if count >= tonumber(ARGV[9]) then return { 'full', int(count) } end
  local id = int(redis.call('HINCRBY', tally, 'id', 1))
  local sub = { id = id, user = ARGV[5], priority = ARGV[6], status = 'queued' }
  local key = prefix .. 's:' .. id
  redis.call('HSET', key, 'user', sub.user, 'status', 'queued', 'priority', sub.priority, 'language', ARGV[8],
    'created', stamp, 'queued', stamp, 'attempt', '0', 'lost', '0', 'fence', '0')
  if ARGV[7] ~= '' then
    redis.call('HSET', key, 'problem', ARGV[7])
    redis.call('ZADD', prefix .. 'for:' .. ARGV[7], id, id)
  end
  redis.call('SET', prefix .. 't:' .. id, ARGV[11])
  redis.call('ZADD', prefix .. 'by:' .. sub.user, id, id)
  redis.call('ZADD', prefix .. 'is:queued', id, id)
  join(sub, int(record(sub, ARGV[10])))
  return { 'ok', id, stamp }
end)
