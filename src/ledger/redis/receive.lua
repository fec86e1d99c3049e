-- What users have received: from 1 on, two each: the user and the place. It only grows, and not beyond the last place.
local last = tonumber(redis.call('HGET', tally, 'place') or 0)
for n = 1, #ARGV, 2 do
  local place = math.min(last, tonumber(ARGV[n + 1]))
  local known = tonumber(redis.call('HGET', prefix .. 'receipts', ARGV[n]) or 0)
  if place > known then redis.call('HSET', prefix .. 'receipts', ARGV[n], int(place)) end
end
return { 'ok' }
