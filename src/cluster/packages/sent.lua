-- 1 if the archive ARGV[1] of ARGV[2] bytes is there. Pieces of one that somebody found spoiled do not count.
return { complete(ARGV[1]) and whole(ARGV[1], ARGV[2]) and 1 or 0 }
