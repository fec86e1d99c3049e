-- The last place with an entry older than `ts` (microseconds since 1970), found by halves, because places grow with time.
local function place_before(ts)
  local low, high = 0, tonumber(redis.call('HGET', tally, 'place') or 0)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local found = redis.call('XRANGE', log, int(middle + 1), '+', 'COUNT', 1)[1]
    if found and tonumber(found[2][6]) < ts then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end
