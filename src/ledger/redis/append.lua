-- Events of a leased submission: 5 the submission, 6 the fence, 7 and on the events.
return once(function()
  local sub, refused = held(ARGV[5], ARGV[6])
  if not sub then return refused end
  for n = 7, #ARGV do record(sub, ARGV[n]) end
  return { 'ok' }
end)
