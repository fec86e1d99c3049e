-- Gives a problem another slug: the old one, the new one.
-- `ok`, `unknown`, or `taken` when another problem has the new one.
operations.rename = function(args)
  local from, to = unpack(args)
  local old, new = standing(from), standing(to)
  if not old or old.word ~= 'is' then return { 'unknown' } end
  if new and new.word == 'is' then return { 'taken' } end
  local at = later_than(old)
  if new and tonumber(new.at) >= tonumber(at) then at = later_than(new) end
  redis.call('HSET', blob_key(old.blob), 'for:' .. to, '1')
  redis.call('HDEL', blob_key(old.blob), 'for:' .. from)
  say(to, table.concat({ 'is', at, old.rest }, ' '))
  say(from, table.concat({ 'now', at, to }, ' '))
  return { 'ok' }
end
