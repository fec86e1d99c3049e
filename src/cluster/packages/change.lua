-- What the operations have in common that change the catalogue, after write.lua and catalogue.lua.

-- A change is later than the one before it, whatever the clock does.
local function later_than(old)
  return int(old and math.max(now, tonumber(old.at) + 1) or now)
end

-- Says something of a slug, as the last change of the catalogue.
local function say(slug, text)
  local last = redis.call('ZREVRANGE', editions, 0, 0, 'WITHSCORES')[2]
  redis.call('HSET', catalogue, slug, text)
  redis.call('ZADD', editions, int((last or 0) + 1), slug)
  tell('c')
end

-- A slug names this archive: it stays.
local function hold(blob, bytes, slug)
  redis.call('HSET', blob_key(blob), 'bytes', bytes, 'for:' .. slug, '1')
  redis.call('PERSIST', blob_key(blob))
  for number = 0, last_piece(bytes) do redis.call('PERSIST', piece_key(blob, number)) end
  redis.call('SREM', wanted, blob)
end

-- A slug names it no more. Whoever fetches it at the moment still gets it.
local function let_go(blob, bytes, slug)
  local key = blob_key(blob)
  redis.call('HDEL', key, 'for:' .. slug)
  if redis.call('HLEN', key) > redis.call('HEXISTS', key, 'bytes') then return end
  redis.call('EXPIRE', key, KEPT)
  for number = 0, last_piece(bytes) do redis.call('EXPIRE', piece_key(blob, number), KEPT) end
end
