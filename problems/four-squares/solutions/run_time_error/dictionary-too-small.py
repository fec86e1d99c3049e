# Crashes: its table of squares ends before a thousand.
from math import isqrt

roots = {root * root: root for root in range(1000)}
for _ in range(int(input())):
    n = int(input())
    print(roots[isqrt(n) ** 2], 0, 0, 0) if isqrt(n) ** 2 == n else print(*next(
        (a, b, c, roots[n - a * a - b * b - c * c])
        for a in range(isqrt(n), -1, -1)
        for b in range(min(a, isqrt(n - a * a)) + 1)
        for c in range(min(b, isqrt(n - a * a - b * b)) + 1)
        if n - a * a - b * b - c * c in roots
    ))
