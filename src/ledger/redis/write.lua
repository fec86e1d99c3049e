-- What the scripts that write begin with, after head.lua.
--
-- Nothing is rolled back: a script checks everything before its first write.
--
-- ARGV[1] is the client, ARGV[2] the slot of the request in the client's hash of replies, ARGV[3] its number, which grows,
-- ARGV[4] how long the replies are kept without the client, in seconds, ARGV[5] '1' if leases that ran out may be taken up.
-- The arguments of the operation begin at ARGV[6].

-- Microseconds since 1970, by the server's clock; the one time of everything this request does.
local now
do
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local stamp = int(now)

-- What was added: 'j' to the journal, 'm' messages, 'c' to the catalogue of problems.
local news = ''

local function tell(kind)
  if not string.find(news, kind, 1, true) then news = news .. kind end
end

-- The place of the last event that was added.
local last_event

-- Does the work, unless it was done already: a client that got no answer asks again, and a request may come late, after
-- the connection that brought it was given up. What was written is announced. The reply begins with the news.
local function once(work)
  local replies = prefix .. 'replies:' .. ARGV[1]
  local known = redis.call('HGET', replies, ARGV[2])
  if known then
    local number, reply = unpack(cmsgpack.unpack(known))
    if number == ARGV[3] then return reply end
    if tonumber(number) > tonumber(ARGV[3]) then return { '', 'stale' } end
  end
  local reply = work()
  -- A refusal as well: a request that was refused and comes late must not succeed behind its client's back.
  local matters = news ~= '' or reply[1] ~= 'ok'
  if news ~= '' then
    -- The last place and number that were given: everyone who hears of them holds them against open.lua.
    local given = redis.call('HMGET', tally, 'place', 'id')
    news = news .. ' ' .. (given[1] or '0') .. ' ' .. (given[2] or '0')
  end
  table.insert(reply, 1, news)
  if last_event then redis.call('HSET', tally, 'journal', last_event) end
  if matters and redis.call('HSET', replies, ARGV[2], cmsgpack.pack({ ARGV[3], reply })) == 1 then
    redis.call('EXPIRE', replies, ARGV[4], 'NX')
  end
  if news ~= '' then redis.call('PUBLISH', prefix .. 'news', ARGV[1] .. ' ' .. news) end
  return reply
end

-- A submission; nil if there is none. What is put into it is stored with its next event.
local function load(id)
  local fields = redis.call('HMGET', prefix .. 's:' .. id,
    'user', 'status', 'priority', 'queued', 'turn', 'attempt', 'lost', 'fence')
  if not fields[1] then return nil end
  return {
    id = id,
    changes = {},
    user = fields[1],
    status = fields[2],
    priority = fields[3],
    queued = fields[4],
    turn = fields[5],
    attempt = fields[6],
    lost = fields[7],
    fence = fields[8],
  }
end

local function ended(status)
  return status == 'finished' or status == 'cancelled'
end

-- The submission if this fence still holds it, else nil and the refusal.
local function held(id, fence)
  local sub = load(id)
  if not sub then return nil, { 'missing' } end
  if sub.fence ~= fence then return nil, { 'fenced' } end
  if ended(sub.status) then return nil, { 'ended', sub.status } end
  return sub
end

-- A fence that is the place of the next event: no lease ever had it, also not one that a server has lost.
local FRESH = {}

local function put(sub, field, value)
  local changes = sub.changes
  changes[#changes + 1] = field
  changes[#changes + 1] = value
  sub[field] = value
end

-- Adds an event to the journal, and stores what brought it about; returns its place.
local function record(sub, body)
  local place = redis.call('HINCRBY', tally, 'place', 1)
  local at = int(place)
  if sub.fence == FRESH then put(sub, 'fence', at) end
  if sub.changes[1] then
    redis.call('HSET', prefix .. 's:' .. sub.id, unpack(sub.changes))
    sub.changes = {}
  end
  local seq = redis.call('RPUSH', prefix .. 'j:' .. sub.id, at)
  redis.call('XADD', log, at .. '-0', 's', sub.id, 'q', int(seq), 't', stamp, 'u', sub.user, 'b', body)
  redis.call('XADD', prefix .. 'u:' .. sub.user, at .. '-0', '', '')
  last_event = at
  tell('j')
  return place
end

local function move(sub, status)
  redis.call('ZREM', prefix .. 'is:' .. sub.status, sub.id)
  redis.call('ZADD', prefix .. 'is:' .. status, sub.id, sub.id)
  put(sub, 'status', status)
end

local function ring(priority)
  return prefix .. 'ring:' .. priority
end

local function waiting(priority, user)
  return prefix .. 'w:' .. priority .. ':' .. user
end

-- So many more wait in a priority.
local function count_waiting(priority, more)
  redis.call('HINCRBY', tally, 'waits:' .. priority, more)
end

-- A submission begins to wait. Its user has this turn, or an earlier one already.
local function join(sub, turn)
  local added = redis.call('ZADD', waiting(sub.priority, sub.user), sub.id, sub.id)
  count_waiting(sub.priority, added)
  redis.call('ZADD', ring(sub.priority), 'LT', turn, sub.user)
end

-- A submission waits no more. A user who waits no more has no turn; returns whether this one waits still.
local function leave(sub)
  local own = waiting(sub.priority, sub.user)
  count_waiting(sub.priority, -redis.call('ZREM', own, sub.id))
  if redis.call('EXISTS', own) == 1 then return true end
  redis.call('ZREM', ring(sub.priority), sub.user)
  return false
end

-- A submission that runs is held by nobody any more.
local function unlease(sub)
  if redis.call('ZREM', prefix .. 'leased', sub.id) == 0 then
    redis.call('ZREM', prefix .. 'lapsed:' .. sub.priority, sub.id)
  end
end

-- Takes a submission out of the queue or out of its worker's hands.
local function withdraw(sub)
  if sub.status == 'queued' then
    leave(sub)
  elseif sub.status == 'running' then
    unlease(sub)
  end
end

-- Whoever holds it holds it no more.
local function fence_off(sub)
  put(sub, 'fence', int(sub.fence + 1))
end

-- Back to the queue, with the turn by which it was leased.
local function requeue(sub, body, lost)
  unlease(sub)
  fence_off(sub)
  move(sub, 'queued')
  put(sub, 'queued', stamp)
  put(sub, 'lost', int(sub.lost + lost))
  record(sub, body)
  join(sub, sub.turn)
end

-- The verdict and the end of the job.
local function conclude(sub, result, body)
  withdraw(sub)
  move(sub, 'finished')
  redis.call('SET', prefix .. 'r:' .. sub.id, result)
  record(sub, body)
end
