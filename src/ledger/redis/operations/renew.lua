-- Extends a lease: the submission, its fence, for how long from now, in microseconds.
operations.renew = function(args)
  local sub, refused = held(args[1], args[2])
  if not sub then return refused end
  redis.call('ZREM', prefix .. 'lapsed:' .. sub.priority, sub.id)
  redis.call('ZADD', prefix .. 'leased', int(now + tonumber(args[3])), sub.id)
  return { 'ok' }
end
