-- Keeps a piece of an archive for as long as it takes to send the others: ARGV[1] is the archive's digest, ARGV[2] the
-- piece's number, ARGV[3] the piece. One that is there as part of a whole archive is left alone.
local key = piece_key(ARGV[1], tonumber(ARGV[2]))
if not complete(ARGV[1]) or redis.call('STRLEN', key) ~= #ARGV[3] then
  redis.call('SET', key, ARGV[3], 'EX', KEPT)
end
return {}
