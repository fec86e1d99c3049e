-- One submission: 1 its number.
local found = row(ARGV[1])
return found and { 'ok', found } or { 'missing' }
