-- Cancels: 5 the submission, 6 the event.
local reply = once(function()
  local sub = load(ARGV[5])
  if not sub then return { 'missing' } end
  if ended(sub.status) then return { 'ended', sub.status } end
  withdraw(sub)
  fence_off(sub)
  move(sub, 'cancelled')
  record(sub, ARGV[6])
  return { 'ok' }
end)
if reply[2] == 'ok' then return { reply[1], 'ok', row(ARGV[5]) } end
return reply
