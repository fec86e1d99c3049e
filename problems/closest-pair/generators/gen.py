"""gen.py KIND N SEED: N points, no two of them at the same place.

random    random points of the whole range
vertical  points on one vertical line, in random order
"""
import random
import sys

kind, n, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(seed)
if kind == "random":
    points = set()
    while len(points) < n:
        points.add((rng.randint(-10**9, 10**9), rng.randint(-10**9, 10**9)))
    points = sorted(points)
else:
    y = -10**9
    points = []
    for _ in range(n):
        points.append((12345, y))
        y += rng.randint(1000, 19000)
rng.shuffle(points)
print(n)
for x, y in points:
    print(x, y)
