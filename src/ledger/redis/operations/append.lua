-- Events of a leased submission: the submission, its fence, and the events.
operations.append = function(args)
  local sub, refused = held(args[1], args[2])
  if not sub then return refused end
  for n = 3, #args do record(sub, args[n]) end
  return { 'ok' }
end
