-- A new submission: its user, priority, problem or '', language, how many may wait, its event, its texts.
operations.submit = function(args)
  local user, priority, problem, language, limit, event, texts = unpack(args)
  local count = redis.call('ZCARD', prefix .. 'is:queued')
  if count >= tonumber(limit) then return { 'full', int(count) } end
  last_id = last_id + 1
  local id = int(last_id)
  local sub = { id = id, user = user, priority = priority, status = 'queued', changes = {} }
  local key = prefix .. 's:' .. id
  redis.call('HSET', key, 'user', user, 'status', 'queued', 'priority', priority, 'language', language,
    'created', stamp, 'queued', stamp, 'attempt', '0', 'lost', '0', 'fence', '0')
  if problem ~= '' then
    redis.call('HSET', key, 'problem', problem)
    redis.call('ZADD', prefix .. 'for:' .. problem, id, id)
  end
  redis.call('SET', prefix .. 't:' .. id, texts)
  redis.call('ZADD', prefix .. 'by:' .. user, id, id)
  redis.call('ZADD', prefix .. 'is:queued', id, id)
  join(sub, record(sub, event))
  return { 'ok', id, stamp }
end
