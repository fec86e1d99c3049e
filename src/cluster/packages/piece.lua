-- A piece of the archive ARGV[1]: that with the number ARGV[2]; nothing if it is not there.
return { redis.call('GET', piece_key(ARGV[1], tonumber(ARGV[2]))) }
