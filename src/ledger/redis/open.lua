-- A client comes, or comes back: 1 its name, 2 a name for a new log or '', 3 the form of the keys that it knows, 4 how
-- long its replies are kept without it, in seconds; 5 the last place and 6 the last number of a submission that it knows to
-- be given. Makes the ledger if there is none. A server that was killed before it had its newest writes on the disk has
-- given more than it knows: none of that is given twice. Returns the log's name and how many places were lost.
local about = redis.call('HMGET', prefix .. 'about', 'form', 'epoch')
if not about[1] then
  if ARGV[2] == '' then return { 'missing' } end
  redis.call('HSET', prefix .. 'about', 'form', ARGV[3], 'epoch', ARGV[2])
  about = { ARGV[3], ARGV[2] }
end
if tonumber(about[1]) > tonumber(ARGV[3]) then return { 'newer', about[1] } end
redis.call('EXPIRE', prefix .. 'replies:' .. ARGV[1], ARGV[4])
local given, lost = redis.call('HMGET', tally, 'place', 'id'), 0
if tonumber(ARGV[5]) > tonumber(given[1] or 0) then
  lost = tonumber(ARGV[5]) - tonumber(given[1] or 0)
  redis.call('HSET', tally, 'place', ARGV[5])
end
if tonumber(ARGV[6]) > tonumber(given[2] or 0) then redis.call('HSET', tally, 'id', ARGV[6]) end
return { 'ok', about[2], int(lost) }
