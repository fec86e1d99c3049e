-- Gives a leased submission back: the submission, its fence, the event, '1' if the attempt is lost; of one that is given up
-- the result and the event, after so many lost attempts.
operations.requeue = function(args)
  local id, fence, event, lost, result, given_up, most = unpack(args)
  local sub, refused = held(id, fence)
  if not sub then return refused end
  requeue(sub, event, tonumber(lost))
  if lost == '1' and tonumber(sub.lost) >= tonumber(most) then conclude(sub, result, given_up) end
  return { 'ok' }
end
