-- Keeps whose session it is: 1 the recovery id, 2 the end of its token or nothing, a space, the user.
local time = redis.call('TIME')
redis.call('HSET', prefix .. 'sessions', ARGV[1], ARGV[2])
redis.call('ZADD', prefix .. 'used', int(tonumber(time[1]) * 1000000 + tonumber(time[2])), ARGV[1])
return { 'ok' }
