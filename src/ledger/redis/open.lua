-- A client comes, or comes back: 1 its name, 2 a name for a new log or '', 3 the form of the keys that it knows, 4 how
-- long its replies are kept without it, in seconds. Makes the ledger if there is none.
local about = redis.call('HMGET', prefix .. 'about', 'form', 'epoch')
if not about[1] then
  if ARGV[2] == '' then return { 'missing' } end
  redis.call('HSET', prefix .. 'about', 'form', ARGV[3], 'epoch', ARGV[2])
  about = { ARGV[3], ARGV[2] }
end
if tonumber(about[1]) > tonumber(ARGV[3]) then return { 'newer', about[1] } end
redis.call('EXPIRE', prefix .. 'replies:' .. ARGV[1], ARGV[4])
return { 'ok', about[2] }
