-- The archives that somebody wants.
return { redis.call('SMEMBERS', wanted) }
