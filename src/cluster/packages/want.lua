-- Notes that an archive is not there as it should be: it is to be published again, if it still is that of the slug. The slug,
-- the archive's digest.
operations.want = function(args)
  local slug, blob = unpack(args)
  local there = standing(slug)
  if there and there.blob == blob then
    redis.call('HDEL', blob_key(blob), 'bytes')
    redis.call('SADD', wanted, blob)
    tell('c')
  end
  return { 'ok' }
end
