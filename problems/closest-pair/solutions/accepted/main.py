# A line sweeps from left to right. The points that are less than the best distance behind it are kept sorted by y.
import sys
from bisect import bisect_left, insort
from math import isqrt, sqrt

numbers = list(map(int, sys.stdin.buffer.read().split()))
points = sorted(zip(numbers[1::2], numbers[2::2]))
best = 10**19  # the square of the best distance
reach = isqrt(best)
near = []  # (y, x)
oldest = 0
for x, y in points:
    while x - points[oldest][0] > reach:
        old_x, old_y = points[oldest]
        del near[bisect_left(near, (old_y, old_x))]
        oldest += 1
    for k in range(bisect_left(near, (y - reach, x - reach)), len(near)):
        other_y, other_x = near[k]
        if other_y - y > reach:
            break
        square = (x - other_x) ** 2 + (y - other_y) ** 2
        if square < best:
            best = square
            reach = isqrt(best)
    if best == 0:
        break
    insort(near, (y, x))
print(sqrt(best))
