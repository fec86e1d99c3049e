-- The slugs that changed after the edition ARGV[1], at most ARGV[2] of them: the catalogue's edition, how many slugs it
-- knows, and a list of slug, edition, what is said of it, and 1 if its archive is there.
local last = redis.call('ZREVRANGE', editions, 0, 0, 'WITHSCORES')[2]
local found = redis.call('ZRANGEBYSCORE', editions, '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local list = {}
for n = 1, #found, 2 do
  local text = redis.call('HGET', catalogue, found[n])
  -- One whose key was lost alone: it goes the way of what the catalogue never heard of.
  if text then
    local said = standing(found[n])
    list[#list + 1] = { found[n], found[n + 1], text, said.blob and complete(said.blob) and 1 or 0 }
  else
    redis.call('ZREM', editions, found[n])
  end
end
return { last or 0, redis.call('ZCARD', editions), list }
