-- Runs the requests, one after the other. Each is its slot in the client's hash of replies, its number, which grows, the
-- name of an operation, how many arguments it has, and these. Returns what is new, and the reply to each, or its error.

local replies = prefix .. 'replies:' .. ARGV[1]
local requests, slots = {}, {}
do
  local at = 4
  while ARGV[at] do
    local count = tonumber(ARGV[at + 3])
    local request = { slot = ARGV[at], number = ARGV[at + 1], name = ARGV[at + 2], args = {} }
    for n = 1, count do request.args[n] = ARGV[at + 3 + n] end
    requests[#requests + 1] = request
    slots[#slots + 1] = request.slot
    at = at + 4 + count
  end
end
local kept = {}

-- Does what is asked, unless it was done already: a client that got no answer asks again, and a request may come late, after
-- the connection that brought it was given up.
local function once(request, known)
  local space = known and string.find(known, ' ', 1, true)
  local number = known and string.sub(known, 1, space - 1)
  if number == request.number then
    -- The client never heard what was new then.
    news.j, news.m, news.c = true, true, true
    return cmsgpack.unpack(string.sub(known, space + 1))
  end
  if number and tonumber(number) > tonumber(request.number) then return { 'stale' } end
  told = false
  local reply = operations[request.name](request.args)
  -- A refusal as well: a request that was refused and comes late must not succeed behind its client's back.
  if told or reply[1] ~= 'ok' then
    kept[#kept + 1] = request.slot
    kept[#kept + 1] = request.number .. ' ' .. cmsgpack.pack(reply)
  end
  return reply
end

-- One that fails does not take the others with it.
local failed
local function answer(request, known)
  local fine, reply = pcall(once, request, known)
  if not fine then
    failed = true
    local why = type(reply) == 'table' and reply.err or reply
    -- Redis begins with a word for what is wrong, Lua with the line.
    return redis.error_reply(string.find(why, '^%u+ ') and why or 'ERR ' .. why)
  end
  local show = shown[request.name]
  return show and reply[1] == 'ok' and show(reply) or reply
end

local known = redis.call('HMGET', replies, unpack(slots))
local answers = { '' }
for n, request in ipairs(requests) do answers[n + 1] = answer(request, known[n]) end

if kept[1] and redis.call('HSET', replies, unpack(kept)) > 0 then redis.call('EXPIRE', replies, ARGV[2], 'NX') end
if failed or next(news) then
  redis.call('HSET', tally, 'place', int(last_place), 'id', int(last_id), 'journal', int(last_event),
    'waits:0', int(waits['0']), 'waits:1', int(waits['1']), 'waits:2', int(waits['2']))
end
if next(news) then
  -- The last place and number that were given: everyone who hears of them holds them against open.lua.
  answers[1] = (news.j and 'j' or '') .. (news.m and 'm' or '') .. (news.c and 'c' or '')
    .. ' ' .. int(last_place) .. ' ' .. int(last_id)
  redis.call('PUBLISH', prefix .. 'news', ARGV[1] .. ' ' .. answers[1])
end
return answers
