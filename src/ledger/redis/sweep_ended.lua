-- Removes submissions that ended and are past their time. 1 their state; 2 the number after which to look; in microseconds how long
-- are kept 3 those whose end their user has received and 4 others; 5 so many at most, 6 submissions to look at, 7 events to
-- remove. Returns the number after which to go on, or '' after the end, and how many submissions were removed.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local old, older = now - tonumber(ARGV[3]), now - tonumber(ARGV[4])
local limit, scan, work = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])

local function remove(id, user, problem, places)
  local own = prefix .. 'u:' .. user
  for _, place in ipairs(places) do
    redis.call('XDEL', log, place .. '-0')
    redis.call('XDEL', own, place .. '-0')
  end
  -- An empty stream keeps its key unless somebody removes it.
  if redis.call('XLEN', own) == 0 then redis.call('DEL', own) end
  redis.call('ZREM', prefix .. 'is:' .. ARGV[1], id)
  redis.call('ZREM', prefix .. 'by:' .. user, id)
  if problem then redis.call('ZREM', prefix .. 'for:' .. problem, id) end
  redis.call('DEL', prefix .. 's:' .. id, prefix .. 't:' .. id, prefix .. 'r:' .. id, prefix .. 'j:' .. id)
  local last = tonumber(places[#places])
  if last > tonumber(redis.call('HGET', tally, 'cut') or 0) then redis.call('HSET', tally, 'cut', int(last)) end
end

local removed, next = 0, ''
local found = redis.call('ZRANGEBYSCORE', prefix .. 'is:' .. ARGV[1], '(' .. ARGV[2], '+inf', 'LIMIT', 0, scan)
for _, id in ipairs(found) do
  local fields = redis.call('HMGET', prefix .. 's:' .. id, 'user', 'problem', 'created')
  -- Numbers grow with time: all after it are younger still.
  if tonumber(fields[3]) >= old then return { '', removed } end
  if removed >= limit or work <= 0 then return { next, removed } end
  local places = redis.call('LRANGE', prefix .. 'j:' .. id, 0, -1)
  local last = places[#places]
  local ended = tonumber(entry_at(last)[4])
  local received = tonumber(last) <= tonumber(redis.call('HGET', prefix .. 'receipts', fields[1]) or 0)
  if ended < older or (received and ended < old) then
    remove(id, fields[1], fields[2], places)
    removed = removed + 1
    work = work - #places
  end
  next = id
end
if #found < scan then next = '' end
return { next, removed }
