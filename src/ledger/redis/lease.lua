-- The next submission for a worker: 6 the worker, 7 its name as JSON, 8 for how long in microseconds, 9 the event of a
-- lease that ran out; of a submission that is given up 10 the result and 11 the event, after 12 lost attempts.

-- Leases that ran out wait beside the queue, in the order of their turns.
local function lapse()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'leased', '-inf', stamp, 'LIMIT', 0, 100)) do
    local sub = redis.call('HMGET', prefix .. 's:' .. id, 'priority', 'turn')
    redis.call('ZREM', prefix .. 'leased', id)
    redis.call('ZADD', prefix .. 'lapsed:' .. sub[1], sub[2], id)
  end
end

-- The submission whose turn it is, that turn, whether its user has more that waits, and whether it is a lease that ran out.
local function head()
  for priority = 0, 2 do
    local first = redis.call('ZRANGE', ring(priority), 0, 0, 'WITHSCORES')
    if ARGV[5] == '1' then
      local lapsed = redis.call('ZRANGE', prefix .. 'lapsed:' .. priority, 0, 0, 'WITHSCORES')
      if lapsed[1] and (not first[1] or tonumber(lapsed[2]) < tonumber(first[2])) then
        return lapsed[1], lapsed[2], nil, true
      end
    end
    if first[1] then
      local ids = redis.call('ZRANGE', waiting(priority, first[1]), 0, 1)
      return ids[1], first[2], ids[2] ~= nil, false
    end
  end
end

local function start(sub, turn, more)
  if more then
    count_waiting(sub.priority, -redis.call('ZREM', waiting(sub.priority, sub.user), sub.id))
  else
    more = leave(sub)
  end
  sub.fence = FRESH
  move(sub, 'running')
  local attempt = int(sub.attempt + 1)
  put(sub, 'attempt', attempt)
  put(sub, 'worker', ARGV[6])
  put(sub, 'started', stamp)
  put(sub, 'turn', turn)
  redis.call('ZADD', prefix .. 'leased', int(now + tonumber(ARGV[8])), sub.id)
  local waited = int(math.max(0, math.floor((now - sub.queued) / 1000)))
  local place = record(sub, '{"type":"started","attempt":' .. attempt .. ',"worker":' .. ARGV[7]
    .. ',"waited_ms":' .. waited .. '}')
  -- Who was served comes last.
  if more then redis.call('ZADD', ring(sub.priority), 'XX', int(place), sub.user) end
  return { 'ok', sub.id, sub.fence }
end

local reply = once(function()
  if ARGV[5] == '1' then lapse() end
  while true do
    local id, turn, more, lapsed = head()
    if not id then return { 'none' } end
    local sub = load(id)
    if lapsed then requeue(sub, ARGV[9], 1) end
    if tonumber(sub.lost) < tonumber(ARGV[12]) then return start(sub, turn, more) end
    conclude(sub, ARGV[10], ARGV[11])
  end
end)
-- The source may be long: it is not kept with the reply.
if reply[2] == 'ok' then return { reply[1], 'ok', reply[4], row(reply[3]) } end
return reply
