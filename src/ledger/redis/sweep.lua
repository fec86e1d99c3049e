-- Removes pushes and sessions that are past their time, after places.lua. 1 the place to begin at; in microseconds how long are kept
-- 2 pushes that were received, 3 others, and 4 sessions ('' to remove none); 5 so many of each at most, 6 pushes to look at.
-- Returns the next place to look at, or '' after the end, and how many pushes and sessions were removed.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local last, pending = place_before(now - tonumber(ARGV[2])), place_before(now - tonumber(ARGV[3]))

-- An empty stream keeps its key unless somebody removes it.
local function remove(stream, id)
  redis.call('XDEL', stream, id)
  if redis.call('XLEN', stream) == 0 then redis.call('DEL', stream) end
end

local limit, scan = tonumber(ARGV[5]), tonumber(ARGV[6])
local removed, seen, next = 0, 0, ''
local found = redis.call('XRANGE', prefix .. 'pushes', ARGV[1], int(last), 'COUNT', scan)
for _, push in ipairs(found) do
  if removed >= limit then break end
  local id = push[1]
  local place = string.sub(id, 1, -3)
  local message = entry_at(place)
  local everyone = string.sub(message[2], -1) == '*'
  local received = not everyone and tonumber(redis.call('HGET', prefix .. 'receipts', message[5]) or 0) or 0
  if tonumber(place) <= pending or tonumber(place) <= received then
    redis.call('XDEL', log, id)
    remove(prefix .. 'pushes', id)
    remove(everyone and prefix .. 'everyone' or prefix .. 'u:' .. message[5], id)
    removed = removed + 1
  end
  seen = seen + 1
  next = int(tonumber(place) + 1)
end
if seen < scan then next = '' end

local old = {}
if ARGV[4] ~= '' then
  local before = '(' .. int(now - tonumber(ARGV[4]))
  old = redis.call('ZRANGEBYSCORE', prefix .. 'used', '-inf', before, 'LIMIT', 0, limit)
end
for _, pid in ipairs(old) do
  redis.call('ZREM', prefix .. 'used', pid)
  redis.call('HDEL', prefix .. 'sessions', pid)
end
return { next, removed, #old }
