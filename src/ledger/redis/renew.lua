-- Extends a lease: 6 the submission, 7 the fence, 8 for how long from now, in microseconds.
return once(function()
  local sub, refused = held(ARGV[6], ARGV[7])
  if not sub then return refused end
  redis.call('ZREM', prefix .. 'lapsed:' .. sub.priority, sub.id)
  redis.call('ZADD', prefix .. 'leased', int(now + tonumber(ARGV[8])), sub.id)
  return { 'ok' }
end)
