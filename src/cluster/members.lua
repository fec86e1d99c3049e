-- What all daemons and workers say of themselves that are not past their time.
local time = redis.call('TIME')
local now = int(tonumber(time[1]) * 1000000 + tonumber(time[2]))
local names = redis.call('ZRANGEBYSCORE', prefix .. 'members', '(' .. now, '+inf')
if not names[1] then return {} end
return redis.call('HMGET', prefix .. 'records', unpack(names))
