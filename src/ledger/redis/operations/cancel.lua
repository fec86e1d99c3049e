-- Cancels: the submission, the event.
operations.cancel = function(args)
  local id, event = unpack(args)
  local sub = load(id)
  if not sub then return { 'missing' } end
  if ended(sub.status) then return { 'ended', sub.status } end
  withdraw(sub)
  fence_off(sub)
  move(sub, 'cancelled')
  record(sub, event)
  return { 'ok', id }
end
shown.cancel = show
