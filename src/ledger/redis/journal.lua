-- The journal of one submission: 1 its number, 2 the last event seen, 3 so many at most, 4 bytes. Returns where to go on,
-- or '' after the end, and the events.
if redis.call('EXISTS', prefix .. 's:' .. ARGV[1]) == 0 then return { 'missing' } end
local after, limit, bound = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local places = {}
if limit > 0 then
  places = redis.call('LRANGE', prefix .. 'j:' .. ARGV[1], ARGV[2], int(after + limit - 1))
end
local found, bytes = {}, 0
for _, place in ipairs(places) do
  if bytes >= bound then break end
  local event = entry_at(place)
  found[#found + 1] = event
  bytes = bytes + string.len(event[6])
end
local next = #places < limit and #found == #places and '' or int(after + #found)
return { next, found }
