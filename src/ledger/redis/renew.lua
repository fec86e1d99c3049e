-- Extends a lease: 5 the submission, 6 the fence, 7 for how long from now, in microseconds.
return once(function()
  local sub, refused = held(ARGV[5], ARGV[6])
  if not sub then return refused end
  redis.call('ZREM', prefix .. 'lapsed:' .. sub.priority, sub.id)
  redis.call('ZADD', prefix .. 'leased', int(now + tonumber(ARGV[7])), sub.id)
  return { 'ok' }
end)
