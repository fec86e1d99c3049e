-- What the catalogue says of the slug ARGV[1], nothing if it says nothing; and 1 if the archive is there.
local found = standing(ARGV[1])
if not found then return { false } end
return { redis.call('HGET', catalogue, ARGV[1]), found.blob and complete(found.blob) and 1 or 0 }
