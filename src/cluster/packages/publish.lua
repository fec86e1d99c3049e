-- Puts a version in force whose archive is there. ARGV[6] is the slug, ARGV[7] the version, ARGV[8] the archive's digest,
-- ARGV[9] its length, ARGV[10] what listings show, in JSON; ARGV[11] and ARGV[12] are the terms: `always`, `vacant`,
-- `over` a version, `since` a time.
-- `ok` and the time of the install, `taken` as the terms say, or `incomplete` when pieces of the archive are missing.
return once(function()
  local slug, version, blob, bytes, about = ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10]
  local terms, operand = ARGV[11], ARGV[12]
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
end)
