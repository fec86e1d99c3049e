-- Puts a version in force whose archive is there: the slug, the version, the archive's digest, its length, what listings
-- show, in JSON; the terms `always`, `vacant`, `over` a version or `since` a time, and that version or time.
-- `ok` and the time of the install, `taken` as the terms say, or `incomplete` when pieces of the archive are missing.
operations.publish = function(args)
  local slug, version, blob, bytes, about, terms, operand = unpack(args)
  local old = standing(slug)
  local there = old and old.word == 'is'
  local at
  if there and old.version == version then
    if complete(old.blob) then return { 'ok', old.at } end
    -- Its archive was lost, and is here again.
    at = old.at
  elseif terms == 'since' then
    if old and tonumber(old.at) >= tonumber(operand) then return { 'taken' } end
    at = operand == '0' and later_than(old) or operand
  else
    if terms == 'vacant' and there then return { 'taken' } end
    if terms == 'over' and not (there and old.version == operand) then return { 'taken' } end
    at = later_than(old)
  end
  if not whole(blob, bytes) then return { 'incomplete' } end
  if there and old.blob ~= blob then
    let_go(old.blob, old.bytes, slug)
    redis.call('SREM', wanted, old.blob)
  end
  hold(blob, bytes, slug)
  say(slug, table.concat({ 'is', at, version, blob, bytes, about }, ' '))
  return { 'ok', at }
end
