-- What every script begins with: names of keys, numbers, and how a submission is shown.

-- `{sonocode}:`. All keys have the same hash tag, so they are in one slot of a cluster.
local prefix = KEYS[1]
local tally, log = prefix .. 'tally', prefix .. 'log'

-- Lua would write great numbers as 1.8e+15.
local function int(number)
  return string.format('%.0f', number)
end

-- The entry at a place of the log as {place, s, q, t, u, b}, see operations/post.lua and write.lua; false if it was swept away.
local function entry(found)
  local id, fields = found[1], found[2]
  return { string.sub(id, 1, -3), fields[2], fields[4], fields[6], fields[8], fields[10] }
end

local function entry_at(place)
  local found = redis.call('XRANGE', log, place, place)[1]
  return found and entry(found)
end

-- A submission as the program reads it; nil if there is none.
local function row(id)
  local fields = redis.call('HMGET', prefix .. 's:' .. id,
    'user', 'problem', 'language', 'created', 'attempt', 'status', 'worker')
  if not fields[1] then return nil end
  fields[8] = redis.call('GET', prefix .. 't:' .. id)
  fields[9] = fields[6] == 'finished' and redis.call('GET', prefix .. 'r:' .. id)
  table.insert(fields, 1, id)
  return fields
end
