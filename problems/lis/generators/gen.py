"""gen.py KIND N SEED: a sequence of N integers.

shuffled  random integers of the whole range
falling   strictly falling but for small steps up now and then, so that the answer is small
"""
import random
import sys

kind, n, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(seed)
if kind == "shuffled":
    numbers = [rng.randint(-10**9, 10**9) for _ in range(n)]
else:
    numbers = [10**9 - 9000 * i + (rng.randint(1, 20000) if rng.randrange(50) == 0 else 0) for i in range(n)]
    numbers = [max(-10**9, min(10**9, x)) for x in numbers]
print(n)
print(*numbers)
