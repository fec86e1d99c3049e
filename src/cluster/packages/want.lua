-- Notes that the archive ARGV[7] is not there as it should be: it is to be published again, if it still is that of the slug
-- ARGV[6].
return once(function()
  local slug, blob = ARGV[6], ARGV[7]
  local now_there = standing(slug)
  if now_there and now_there.blob == blob then
    redis.call('HDEL', blob_key(blob), 'bytes')
    redis.call('SADD', wanted, blob)
    tell('c')
  end
  return { 'ok' }
end)
