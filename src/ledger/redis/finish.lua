-- The verdict: 5 the submission, 6 the fence, 7 the result, 8 the event.
return once(function()
  local sub, refused = held(ARGV[5], ARGV[6])
  if not sub then return refused end
  conclude(sub, ARGV[7], ARGV[8])
  return { 'ok' }
end)
