-- A client comes, or comes back: 1 its name, 2 a name for a new log or '', 3 the form of the keys that it knows, 4 how
-- long its replies are kept without it, in seconds; 5 the last place and 6 the last number of a submission that it knows to
-- be given; 7 the server's name for its run. Makes the ledger if there is none. Returns the log's name, and how many
-- places were lost of those that the client knows.
--
-- A server that was killed before it had its newest writes on the disk has given more than it knows, and the first client
-- that comes back may know less than others. So in each run it gives places and numbers far beyond those it knows: none
-- that was lost is given twice.
local FURTHER = { place = 1048576, id = 1000 }

local about = redis.call('HMGET', prefix .. 'about', 'form', 'epoch', 'run', 'began')
local fresh = not about[1]
if fresh then
  if ARGV[2] == '' then return { 'missing' } end
  redis.call('HSET', prefix .. 'about', 'form', ARGV[3], 'epoch', ARGV[2], 'run', ARGV[7])
  about = { ARGV[3], ARGV[2], ARGV[7] }
end
if tonumber(about[1]) > tonumber(ARGV[3]) then return { 'newer', about[1] } end
redis.call('EXPIRE', prefix .. 'replies:' .. ARGV[1], ARGV[4])

local given = redis.call('HMGET', tally, 'place', 'id')
local place, id = tonumber(given[1] or 0), tonumber(given[2] or 0)
local known_place, known_id = tonumber(ARGV[5]), tonumber(ARGV[6])
-- The last place that the server knew: now, or when this run began.
local last, began, first = place, about[4] and tonumber(about[4]), about[3] ~= ARGV[7]
if first then
  redis.call('HSET', prefix .. 'about', 'run', ARGV[7], 'began', int(place))
  place, id = place + FURTHER.place, id + FURTHER.id
elseif began and known_place <= began + FURTHER.place then
  last = began
end
-- The first one who comes in a run writes twice, as link.rs needs it.
if fresh or first or known_place > place or known_id > id then
  redis.call('HSET', tally, 'place', int(math.max(place, known_place)), 'id', int(math.max(id, known_id)))
end
return { 'ok', about[2], int(math.max(0, known_place - last)) }
