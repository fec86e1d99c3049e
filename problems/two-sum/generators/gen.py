"""gen.py KIND N SEED: a list of N numbers and a target.

none    every number is even and the target is odd: there is no pair
end     like none, but the last number is odd and completes the number before it
random  small numbers: many pairs, the first of them early
"""
import random
import sys

kind, n, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(seed)
if kind == "random":
    target = rng.randint(-1000, 1000)
    numbers = [rng.randint(-10**6, 10**6) for _ in range(n)]
else:
    target = 2 * rng.randint(-10**9, 10**9) + 1
    numbers = [2 * rng.randint(-10**9, 10**9) for _ in range(n)]
    if kind == "end":
        numbers[-2] = 2 * rng.randint(-10**8, 10**8)
        target = 2 * rng.randint(-10**8, 10**8) + 1
        numbers[-1] = target - numbers[-2]
print(n, target)
print(*numbers)
