# bisect_right lets equal numbers follow each other: the longest subsequence that does not fall.
import sys
from bisect import bisect_right

last = []
for x in map(int, sys.stdin.buffer.read().split()[1:]):
    at = bisect_right(last, x)
    last[at:at + 1] = [x]
print(len(last))
