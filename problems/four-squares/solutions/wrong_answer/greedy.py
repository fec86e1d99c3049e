# Wrong: always takes the largest square; 23 = 16 + 4 + 1 + 1 + 1 would need five.
from math import isqrt

for _ in range(int(input())):
    n = int(input())
    roots = []
    for _ in range(4):
        roots.append(isqrt(n))
        n -= roots[-1] ** 2
    print(*roots)
