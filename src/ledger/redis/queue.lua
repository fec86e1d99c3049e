-- The queue: how many wait in each priority, and of what is held the first ARGV[1] by number: the submission, its worker,
-- its attempt, since when it is held and until when, both in microseconds from now.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local waits = redis.call('HMGET', tally, 'waits:0', 'waits:1', 'waits:2')
local held = {}
for _, id in ipairs(redis.call('ZRANGE', prefix .. 'is:running', 0, ARGV[1] - 1)) do
  local sub = redis.call('HMGET', prefix .. 's:' .. id, 'worker', 'attempt', 'started')
  local ends = tonumber(redis.call('ZSCORE', prefix .. 'leased', id) or now)
  local age, left = now - tonumber(sub[3] or now), ends - now
  held[#held + 1] = { id, sub[1], sub[2], int(math.max(0, age)), int(math.max(0, left)) }
end
return { waits[1] or '0', waits[2] or '0', waits[3] or '0', held }
