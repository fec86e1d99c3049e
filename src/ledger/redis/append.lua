-- Events of a leased submission: 6 the submission, 7 the fence, 8 and on the events.
return once(function()
  local sub, refused = held(ARGV[6], ARGV[7])
  if not sub then return refused end
  for n = 8, #ARGV do record(sub, ARGV[n]) end
  return { 'ok' }
end)
