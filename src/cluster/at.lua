-- The sockets of the user ARGV[1] that are not past their time, each as JSON.
local time = redis.call('TIME')
local now = int(tonumber(time[1]) * 1000000 + tonumber(time[2]))
return redis.call('ZRANGEBYSCORE', prefix .. 'at:' .. ARGV[1], '(' .. now, '+inf')
