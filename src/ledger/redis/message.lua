-- The entry at a place: 1 the place.
local found = entry_at(ARGV[1])
return found and { 'ok', found } or { 'missing' }
