# Slow: tries all four numbers, the smallest first.
from math import isqrt


def split(n):
    top = isqrt(n)
    for a in range(top + 1):
        for b in range(a, top + 1):
            for c in range(b, top + 1):
                for d in range(c, top + 1):
                    if a * a + b * b + c * c + d * d == n:
                        return a, b, c, d


for _ in range(int(input())):
    print(*split(int(input())))
