# Looks back from each point while the difference of x alone is smaller than the best distance. That is fast for random
# points, but on a vertical line it never stops early.
import sys
from math import hypot

numbers = list(map(int, sys.stdin.buffer.read().split()))
points = sorted(zip(numbers[1::2], numbers[2::2]))
points.sort(key=lambda point: point[0])
best = float("inf")
for i, (x, y) in enumerate(points):
    for k in range(i - 1, -1, -1):
        dx = x - points[k][0]
        if dx >= best:
            break
        best = min(best, hypot(dx, y - points[k][1]))
print(best)
