-- Messages: from 6 on, four each: the channel ('push' or 'chat', with a '*' for everyone), user, topic, payload.
return once(function()
  local count = (#ARGV - 5) / 4
  local first = redis.call('HINCRBY', tally, 'place', count) - count + 1
  for n = 0, count - 1 do
    local to, user, topic, payload = unpack(ARGV, 6 + 4 * n, 9 + 4 * n)
    local id = int(first + n) .. '-0'
    redis.call('XADD', log, id, 's', to, 'q', topic, 't', stamp, 'u', user, 'b', payload)
    local everyone = string.sub(to, -1) == '*'
    redis.call('XADD', everyone and prefix .. 'everyone' or prefix .. 'u:' .. user, id, '', '')
    redis.call('XADD', prefix .. (string.sub(to, 1, 4) == 'chat' and 'chat' or 'pushes'), id, '', '')
  end
  tell('m')
  return { 'ok', int(first) }
end)
