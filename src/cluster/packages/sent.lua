-- 1 if all pieces of the archive ARGV[1] of ARGV[2] bytes are there.
return { whole(ARGV[1], ARGV[2]) and 1 or 0 }
