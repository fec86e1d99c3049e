import sys
from bisect import bisect_left

last = []  # last[k]: the smallest end of an increasing subsequence of length k + 1
for x in map(int, sys.stdin.buffer.read().split()[1:]):
    at = bisect_left(last, x)
    if at == len(last):
        last.append(x)
    else:
        last[at] = x
print(len(last))
