-- The next submission for a worker.

-- Whether a lease that ran out waits to be taken up; known after the first look.
local lapsed

-- Leases that ran out wait beside the queue, in the order of their turns.
local function lapse()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'leased', '-inf', stamp, 'LIMIT', 0, 100)) do
    local sub = redis.call('HMGET', prefix .. 's:' .. id, 'priority', 'turn')
    redis.call('ZREM', prefix .. 'leased', id)
    if sub[2] then redis.call('ZADD', prefix .. 'lapsed:' .. sub[1], sub[2], id) end
  end
  local key = prefix .. 'lapsed:'
  lapsed = redis.call('EXISTS', key .. '0', key .. '1', key .. '2') > 0
end

-- Who has the first turn in a ring, and that turn.
local function first_of(priority)
  if empty[priority] then return nil end
  local first = redis.call('ZRANGE', ring(priority), 0, 0, 'WITHSCORES')
  empty[priority] = not first[1] or nil
  return first[1], first[2]
end

-- The submission whose turn it is, that turn, whether its user has more that waits, and its user or nil if it is a lease that
-- ran out; its priority. Of a user who waits for nothing there may be no submission.
local function head()
  for _, priority in ipairs({ '0', '1', '2' }) do
    local user, turn = first_of(priority)
    if lapsed then
      local late = redis.call('ZRANGE', prefix .. 'lapsed:' .. priority, 0, 0, 'WITHSCORES')
      if late[1] and (not user or tonumber(late[2]) < tonumber(turn)) then
        return priority, late[1], late[2], nil, false
      end
    end
    if user then
      local ids = redis.call('ZRANGE', waiting(priority, user), 0, 1)
      return priority, ids[1], turn, user, ids[2] ~= nil
    end
  end
end

-- Whether a submission is what its place in the queue says. A server whose file ended in the middle of a script may have
-- taken up a part of it, see Greeting::greet. One place that is wrong would be the first for ever: nobody else had a turn.
local function belongs(sub, priority, user)
  if not sub or sub.priority ~= priority then return false end
  if user then return sub.status == 'queued' and sub.user == user end
  return sub.status == 'running'
end

-- Removes such a place.
local function clear(priority, id, user)
  if user then
    leave({ priority = priority, id = id or '', user = user })
  else
    redis.call('ZREM', prefix .. 'lapsed:' .. priority, id)
  end
end

local function start(sub, turn, more, worker, name, ttl)
  if more then
    count_waiting(sub.priority, -redis.call('ZREM', waiting(sub.priority, sub.user), sub.id))
  else
    more = leave(sub)
  end
  sub.fence = FRESH
  move(sub, 'running')
  local attempt = int(sub.attempt + 1)
  put(sub, 'attempt', attempt)
  put(sub, 'worker', worker)
  put(sub, 'started', stamp)
  put(sub, 'turn', turn)
  redis.call('ZADD', prefix .. 'leased', int(now + tonumber(ttl)), sub.id)
  local waited = int(math.max(0, math.floor((now - sub.queued) / 1000)))
  local place = record(sub, '{"type":"started","attempt":' .. attempt .. ',"worker":' .. name
    .. ',"waited_ms":' .. waited .. '}')
  -- Who was served comes last.
  if more then redis.call('ZADD', ring(sub.priority), 'XX', place, sub.user) end
  return { 'ok', sub.id, sub.fence }
end

-- The worker, its name as JSON, for how long in microseconds, the event of a lease that ran out; of a submission that is given
-- up the result and the event, after so many lost attempts.
operations.lease = function(args)
  local worker, name, ttl, event, result, given_up, most = unpack(args)
  if ARGV[3] == '1' and lapsed == nil then lapse() end
  while true do
    local priority, id, turn, user, more = head()
    if not priority then return { 'none' } end
    local sub = id and load(id)
    if not belongs(sub, priority, user) then
      clear(priority, id, user)
    else
      if not user then requeue(sub, event, 1) end
      if tonumber(sub.lost) < tonumber(most) then return start(sub, turn, more, worker, name, ttl) end
      conclude(sub, result, given_up)
    end
  end
end

-- The source may be long: it is not kept with the reply.
shown.lease = function(reply)
  return { 'ok', reply[3], row(reply[2]) }
end
