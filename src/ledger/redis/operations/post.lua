-- Messages, four arguments each: the channel ('push' or 'chat', with a '*' for everyone), user, topic, payload.
operations.post = function(args)
  local first = int(last_place + 1)
  for n = 1, #args, 4 do
    local to, user, topic, payload = unpack(args, n, n + 3)
    last_place = last_place + 1
    local id = int(last_place) .. '-0'
    redis.call('XADD', log, id, 's', to, 'q', topic, 't', stamp, 'u', user, 'b', payload)
    local everyone = string.sub(to, -1) == '*'
    redis.call('XADD', everyone and prefix .. 'everyone' or prefix .. 'u:' .. user, id, '', '')
    redis.call('XADD', prefix .. (string.sub(to, 1, 4) == 'chat' and 'chat' or 'pushes'), id, '', '')
  end
  tell('m')
  return { 'ok', first }
end
