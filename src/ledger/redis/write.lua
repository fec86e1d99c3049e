-- What the scripts that write begin with, after head.lua; then come their operations, and batch.lua runs what is asked.
--
-- Nothing is rolled back: an operation checks everything before its first write.
--
-- ARGV[1] is the client, ARGV[2] how long its replies are kept without it, in seconds, ARGV[3] '1' if leases that ran out may
-- be taken up. From ARGV[4] on come the requests, see batch.lua.

-- What can be asked for, by name: each takes its arguments as a list, and returns a word and what belongs to it. What is
-- returned is kept, so that it can be told again.
local operations = {}

-- What is told besides, by the name of the operation: made of a reply that begins with 'ok'.
local shown = {}

-- Microseconds since 1970, by the server's clock; the one time of everything that is done here.
local now
do
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local stamp = int(now)

-- The tally, written back once at the end: the last place and number given, the place of the last event, how many wait. A
-- place and a number are given before anything has them: what fails then does not leave them to the next.
local last_place, last_id, last_event, waits
do
  local found = redis.call('HMGET', tally, 'place', 'id', 'journal', 'waits:0', 'waits:1', 'waits:2')
  for n = 1, 6 do found[n] = tonumber(found[n] or 0) end
  last_place, last_id, last_event = found[1], found[2], found[3]
  waits = { ['0'] = found[4], ['1'] = found[5], ['2'] = found[6] }
end

-- What was added: 'j' to the journal, 'm' messages, 'c' to the catalogue of problems.
local news = {}

-- Whether the operation that runs has added something.
local told

local function tell(kind)
  news[kind], told = true, true
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
  last_place = last_place + 1
  local place = int(last_place)
  if sub.fence == FRESH then put(sub, 'fence', place) end
  if sub.changes[1] then
    redis.call('HSET', prefix .. 's:' .. sub.id, unpack(sub.changes))
    sub.changes = {}
  end
  local seq = redis.call('RPUSH', prefix .. 'j:' .. sub.id, place)
  redis.call('XADD', log, place .. '-0', 's', sub.id, 'q', int(seq), 't', stamp, 'u', sub.user, 'b', body)
  redis.call('XADD', prefix .. 'u:' .. sub.user, place .. '-0', '', '')
  last_event = last_place
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
  waits[priority] = waits[priority] + more
end

-- The rings in which nobody was seen. Seldom is there anybody in the first, and it is looked at for every lease.
local empty = {}

-- A submission begins to wait. Its user has this turn, or an earlier one already.
local function join(sub, turn)
  local added = redis.call('ZADD', waiting(sub.priority, sub.user), sub.id, sub.id)
  count_waiting(sub.priority, added)
  redis.call('ZADD', ring(sub.priority), 'LT', turn, sub.user)
  empty[sub.priority] = nil
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

-- What is shown of a submission whose change is kept with its number.
local function show(reply)
  return { 'ok', row(reply[2]) }
end
