-- Leases that run out: 1 the client, 2 how long its replies are kept without it, in seconds, 3 up to when they were announced.
-- Returns the time, how many have run out since or wait to be taken up, and when the next one does, or ''.
redis.call('EXPIRE', prefix .. 'replies:' .. ARGV[1], ARGV[2])
local time = redis.call('TIME')
local now = int(tonumber(time[1]) * 1000000 + tonumber(time[2]))
local leased = prefix .. 'leased'
local lapsed = redis.call('ZCOUNT', leased, '(' .. ARGV[3], now)
-- Who moved one here may have told nobody who could take it then.
for priority = 0, 2 do
  lapsed = lapsed + redis.call('ZCARD', prefix .. 'lapsed:' .. priority)
end
local next = redis.call('ZRANGEBYSCORE', leased, '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return { now, lapsed, next[2] or '' }
