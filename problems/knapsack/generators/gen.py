"""gen.py KIND N CAPACITY SEED: N things.

light  weights up to a hundredth of the capacity, so that about all of them fit; great values
any    weights of the whole range, values without relation to them
even   even weights and values in proportion to them: with an odd capacity no bound cuts a search short
"""
import random
import sys

kind, n, capacity, seed = sys.argv[1], *map(int, sys.argv[2:5])
rng = random.Random(seed)
print(n, capacity)
for _ in range(n):
    if kind == "light":
        weight, value = rng.randint(1, capacity // 100), rng.randint(1, 10**9)
    elif kind == "any":
        weight, value = rng.randint(1, 20000), rng.randint(1, 10**9)
    else:
        weight = 2 * rng.randint(50, 2000)
        value = 1000 * weight
    print(weight, value)
