-- A page of the log: 1 whose ('all', 'chat', 'user' with everyone's, 'own' without), 2 the user, 3 the first place, 4 so many
-- entries at most, 5 bytes, 6 '1' for events only, 7 entries to look at. Returns where to go on, or '' after the end, and
-- the entries.
local limit, bound, scan = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[7])
local events = ARGV[6] == '1'
local found, bytes, seen = {}, 0, 0

local function full()
  return #found == limit or bytes >= bound or seen == scan
end

local function look(at)
  seen = seen + 1
  if not at or (events and not tonumber(at[2])) then return end
  found[#found + 1] = at
  bytes = bytes + string.len(at[6])
end

local function after(place)
  return int(tonumber(place) + 1)
end

-- The log itself, a few entries at a time because they may be long.
local function all()
  local from = ARGV[3]
  while not full() do
    local some = redis.call('XRANGE', log, from, '+', 'COUNT', 16)
    for _, one in ipairs(some) do
      if full() then return from end
      look(entry(one))
      from = after(string.sub(one[1], 1, -3))
    end
    if #some < 16 then return '' end
  end
  return from
end

-- The places of some streams, merged.
local function merged(streams)
  local places, whole = {}, true
  for _, stream in ipairs(streams) do
    local some = redis.call('XRANGE', prefix .. stream, ARGV[3], '+', 'COUNT', scan)
    whole = whole and #some < scan
    for _, one in ipairs(some) do places[#places + 1] = tonumber(string.sub(one[1], 1, -3)) end
  end
  table.sort(places)
  local from = ARGV[3]
  for _, place in ipairs(places) do
    if full() then return from end
    look(entry_at(int(place)))
    from = after(place)
  end
  return whole and '' or from
end

local next
if ARGV[1] == 'all' then
  next = all()
elseif ARGV[1] == 'chat' then
  next = merged({ 'chat' })
elseif ARGV[1] == 'user' then
  next = merged({ 'u:' .. ARGV[2], 'everyone' })
else
  next = merged({ 'u:' .. ARGV[2] })
end
return { next, found }
