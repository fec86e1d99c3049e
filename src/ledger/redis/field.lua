-- One field of a hash: 1 its name, 2 the field.
return { redis.call('HGET', prefix .. ARGV[1], ARGV[2]) }
