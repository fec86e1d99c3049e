-- Removes the problem of a slug: the slug, '1' if the daemon has one, so that a catalogue that knows of none must remember
-- that it is gone. `ok` and 1 if it was there.
operations.remove = function(args)
  local slug, known = unpack(args)
  local old = standing(slug)
  local there = old and old.word == 'is'
  if not there and (old or known ~= '1') then return { 'ok', 0 } end
  if there then
    let_go(old.blob, old.bytes, slug)
    redis.call('SREM', wanted, old.blob)
  end
  say(slug, 'gone ' .. later_than(old))
  return { 'ok', there and 1 or 0 }
end
