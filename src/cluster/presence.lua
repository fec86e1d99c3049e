-- Keeps users' sockets. 1 for how long they count, in milliseconds, 2 '1' if the bare keys are written as well; then four
-- for each change: '+' for a socket that registered, '=' for one that is still there, '-' for one that is gone; its user;
-- its id, or '' if it takes no pushes; and all of it as JSON. Returns the time.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local ttl, bare = ARGV[1], ARGV[2] == '1'
local stamp, ends = int(now), int(now + tonumber(ttl) * 1000)

-- Whether the seed systems' key of this user may be written: it must be no other kind of key, and none of ours.
local function may_be_written(user)
  local kind = redis.call('TYPE', user).ok
  return (kind == 'none' or kind == 'string') and string.sub(user, 1, #prefix) ~= prefix
end

-- The socket of a user that registered last and takes pushes.
local function newest(sockets)
  local found
  for _, text in ipairs(redis.call('ZRANGEBYSCORE', sockets, '(' .. stamp, '+inf')) do
    local socket = cjson.decode(text)
    if socket.pushes and (not found or socket.stamp > found.stamp) then found = socket end
  end
  return found and found.socket
end

-- The seed systems' `SET user socket`, which its owner alone takes away.
local function write_bare(change, user, socket, sockets)
  if socket == '' or not may_be_written(user) then return end
  local known = redis.call('GET', user)
  if change == '+' then
    redis.call('SET', user, socket, 'PX', ttl)
  elseif change == '=' and known == socket then
    redis.call('PEXPIRE', user, ttl)
  elseif known == socket or not known then
    local other = newest(sockets)
    if other then redis.call('SET', user, other, 'PX', ttl) elseif known then redis.call('DEL', user) end
  end
end

for at = 3, #ARGV, 4 do
  local change, user, socket, text = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local sockets = prefix .. 'at:' .. user
  if change == '-' then
    redis.call('ZREM', sockets, text)
  else
    redis.call('ZREMRANGEBYSCORE', sockets, '-inf', stamp)
    redis.call('ZADD', sockets, ends, text)
    redis.call('PEXPIRE', sockets, ttl)
  end
  if bare then write_bare(change, user, socket, sockets) end
end
return { stamp }
