-- Gives a leased submission back: 5 the submission, 6 the fence, 7 the event, 8 '1' if the attempt is lost; of one that
-- is given up 9 the result and 10 the event, after 11 lost attempts.
return once(function()
  local sub, refused = held(ARGV[5], ARGV[6])
  if not sub then return refused end
  requeue(sub, ARGV[7], tonumber(ARGV[8]))
  if ARGV[8] == '1' and sub.lost >= tonumber(ARGV[11]) then conclude(sub, ARGV[9], ARGV[10]) end
  return { 'ok' }
end)
