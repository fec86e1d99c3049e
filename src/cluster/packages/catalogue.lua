-- What the scripts about packages have in common, after head.lua; see packages.rs for the keys.

local catalogue, editions, wanted = prefix .. 'catalogue', prefix .. 'editions', prefix .. 'wanted'

-- The length of every piece of an archive but the last.
local PIECE = 1048576

-- How long an archive stays that nobody names any more, in seconds.
local KEPT = 3600

local function blob_key(blob)
  return prefix .. 'blob:' .. blob
end

local function piece_key(blob, number)
  return prefix .. 'piece:' .. blob .. ':' .. int(number)
end

-- What the catalogue says of a slug: `is AT VERSION BLOB BYTES JSON`, `now AT SLUG` or `gone AT`; nil if it says nothing.
local function standing(slug)
  local text = redis.call('HGET', catalogue, slug)
  if not text then return nil end
  local word, at, rest = string.match(text, '^(%a+) (%d+) ?(.*)$')
  local found = { word = word, at = at, rest = rest }
  if word == 'is' then
    found.version, found.blob, found.bytes = string.match(rest, '^(%x+) (%x+) (%d+) ')
  end
  return found
end

-- Whether an archive is there, as far as anybody knows.
local function complete(blob)
  return redis.call('HEXISTS', blob_key(blob), 'bytes') == 1
end

local function last_piece(bytes)
  return math.max(math.ceil(tonumber(bytes) / PIECE), 1) - 1
end

-- Whether all pieces of an archive are there, each as long as it must be.
local function whole(blob, bytes)
  local last = last_piece(bytes)
  for number = 0, last do
    local length = number < last and PIECE or tonumber(bytes) - last * PIECE
    if redis.call('STRLEN', piece_key(blob, number)) ~= length then return false end
  end
  return true
end
