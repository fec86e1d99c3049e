"""Prints n random integers from 0 to MOST: gen N MOST SEED [TAIL]. With TAIL the last ones are equal."""
import random
import sys

n, most, seed, tail = map(int, (sys.argv[1:] + ["0"])[:4])
random.seed(seed)
print(n)
print(*([random.randint(0, most) for _ in range(n - tail)] + [most] * tail))
