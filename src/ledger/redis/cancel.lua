-- Cancels: 6 the submission, 7 the event.
local reply = once(function()
  local sub = load(ARGV[6])
  if not sub then return { 'missing' } end
  if ended(sub.status) then return { 'ended', sub.status } end
  withdraw(sub)
  fence_off(sub)
  move(sub, 'cancelled')
  record(sub, ARGV[7])
  return { 'ok' }
end)
if reply[2] == 'ok' then return { reply[1], 'ok', row(ARGV[6]) } end
return reply
