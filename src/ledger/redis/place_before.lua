-- 1 a time in microseconds since 1970. After places.lua.
return { int(place_before(tonumber(ARGV[1]))) }
