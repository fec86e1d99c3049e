# Divides until two points are left and forgets that one may be left: one point is cut into one and none, for ever.
import sys
from math import dist

numbers = list(map(int, sys.stdin.buffer.read().split()))


def closest(points):
    if len(points) == 2:
        return dist(*points)
    middle = len(points) // 2
    best = min(closest(points[:middle]), closest(points[middle:]))
    x = points[middle][0]
    strip = sorted((p for p in points if abs(p[0] - x) < best), key=lambda p: p[1])
    for i, p in enumerate(strip):
        for q in strip[i + 1:]:
            if q[1] - p[1] >= best:
                break
            best = min(best, dist(p, q))
    return best


print(closest(sorted(zip(numbers[1::2], numbers[2::2]))))
