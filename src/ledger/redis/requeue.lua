-- Gives a leased submission back: 6 the submission, 7 the fence, 8 the event, 9 '1' if the attempt is lost; of one that
-- is given up 10 the result and 11 the event, after 12 lost attempts.
return once(function()
  local sub, refused = held(ARGV[6], ARGV[7])
  if not sub then return refused end
  requeue(sub, ARGV[8], tonumber(ARGV[9]))
  if ARGV[9] == '1' and tonumber(sub.lost) >= tonumber(ARGV[12]) then conclude(sub, ARGV[10], ARGV[11]) end
  return { 'ok' }
end)
