-- The verdict: the submission, its fence, the result, the event.
operations.finish = function(args)
  local sub, refused = held(args[1], args[2])
  if not sub then return refused end
  conclude(sub, args[3], args[4])
  return { 'ok' }
end
