-- The verdict: 6 the submission, 7 the fence, 8 the result, 9 the event.
return once(function()
  local sub, refused = held(ARGV[6], ARGV[7])
  if not sub then return refused end
  conclude(sub, ARGV[8], ARGV[9])
  return { 'ok' }
end)
