"""Prints n random integers: gen N LEAST MOST SEED. The same arguments always print the same."""
import random
import sys

n, least, most, seed = map(int, sys.argv[1:])
random.seed(seed)
print(n)
print(*(random.randint(least, most) for _ in range(n)))
