-- A daemon or worker says that it is there: 1 its name, 2 what it says of itself, or '' when it goes, 3 for how long that
-- counts, in milliseconds. Those whose time is past are forgotten.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local members, records = prefix .. 'members', prefix .. 'records'

local function forget(name)
  redis.call('ZREM', members, name)
  redis.call('HDEL', records, name)
end

for _, name in ipairs(redis.call('ZRANGEBYSCORE', members, '-inf', int(now))) do forget(name) end
if ARGV[2] == '' then
  forget(ARGV[1])
else
  redis.call('ZADD', members, int(now + tonumber(ARGV[3]) * 1000), ARGV[1])
  redis.call('HSET', records, ARGV[1], ARGV[2])
  redis.call('PEXPIRE', members, ARGV[3])
  redis.call('PEXPIRE', records, ARGV[3])
end
return {}
