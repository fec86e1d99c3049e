-- Submissions: 1 'asc' or 'desc', 2 the number after which they come, 3 so many at most, 4 user, 5 problem and 6 state
-- ('=' and the value, or '' for any), 7 numbers to look at, 8 bytes. Returns the number to go on after, or '' after the end, and
-- the submissions.
local descending, limit, scan = ARGV[1] == 'desc', tonumber(ARGV[3]), tonumber(ARGV[7])
local user, problem, state = string.sub(ARGV[4], 2), string.sub(ARGV[5], 2), string.sub(ARGV[6], 2)
local with_user, with_problem, with_state = ARGV[4] ~= '', ARGV[5] ~= '', ARGV[6] ~= ''

-- The lists that hold them all: one where there is one.
local lists
if with_user then
  lists = { 'by:' .. user }
elseif with_problem then
  lists = { 'for:' .. problem }
elseif with_state then
  lists = { 'is:' .. state }
else
  lists = { 'is:queued', 'is:running', 'is:finished', 'is:cancelled' }
end

local ids = {}
for _, list in ipairs(lists) do
  local found
  if descending then
    found = redis.call('ZREVRANGEBYSCORE', prefix .. list, '(' .. ARGV[2], '-inf', 'LIMIT', 0, scan)
  else
    found = redis.call('ZRANGEBYSCORE', prefix .. list, '(' .. ARGV[2], '+inf', 'LIMIT', 0, scan)
  end
  for _, id in ipairs(found) do ids[#ids + 1] = tonumber(id) end
end
table.sort(ids, function(a, b)
  if descending then return a > b end
  return a < b
end)

local rows, bytes, seen, next = {}, 0, 0, ''
for _, number in ipairs(ids) do
  if seen == scan or #rows == limit or bytes >= tonumber(ARGV[8]) then break end
  local id = int(number)
  local fields = redis.call('HMGET', prefix .. 's:' .. id, 'user', 'problem', 'status')
  if (not with_user or fields[1] == user) and (not with_problem or fields[2] == problem)
    and (not with_state or fields[3] == state) then
    local found = row(id)
    rows[#rows + 1] = found
    bytes = bytes + string.len(found[9])
  end
  seen, next = seen + 1, id
end
if seen == #ids and seen < scan then next = '' end
return { next, rows }
