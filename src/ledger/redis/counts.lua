-- How many are in each state, the place of the journal's last event, and the last place of all.
local function count(state)
  return redis.call('ZCARD', prefix .. 'is:' .. state)
end
local last = redis.call('HMGET', tally, 'journal', 'place')
return { count('queued'), count('running'), count('finished'), count('cancelled'), last[1] or '0', last[2] or '0' }
