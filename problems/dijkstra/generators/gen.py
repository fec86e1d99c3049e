"""gen.py KIND N M SEED: N towns and M roads, in random order but for `path`.

random       random roads, of which N - 1 make every town reachable
grid         a grid of rows that is 150 wide; steps to the right, down and some to the left
unreachable  random roads, none of which leads from the lower half of the numbers to the upper one
path         the way leads through all towns in turn; its roads are written from the last to the first, and all
             others lead back
"""
import random
import sys

kind, n, m, seed = sys.argv[1], *map(int, sys.argv[2:5])
rng = random.Random(seed)
LONGEST = 10**9
roads = []
if kind == "random":
    for town in range(2, n + 1):
        roads.append((rng.randint(max(1, town // 2 - 50), town - 1), town, rng.randint(1, LONGEST)))
    while len(roads) < m:
        roads.append((rng.randint(1, n), rng.randint(1, n), rng.randint(1, LONGEST)))
elif kind == "grid":
    width = 150
    for town in range(1, n + 1):
        if town % width:
            roads.append((town, town + 1, rng.randint(LONGEST // 2, LONGEST)))
        if town + width <= n:
            roads.append((town, town + width, rng.randint(LONGEST // 2, LONGEST)))
    roads = [road for road in roads if road[1] <= n]
    while len(roads) < m:
        town = rng.randint(2, n)
        roads.append((town, town - 1, rng.randint(0, LONGEST)))
elif kind == "unreachable":
    half = n // 2
    while len(roads) < m:
        a, b = rng.randint(1, n), rng.randint(1, n)
        if not (a <= half < b):
            roads.append((a, b, rng.randint(0, LONGEST)))
if kind == "path":
    roads = [(town, town + 1, LONGEST - rng.randint(0, 99)) for town in range(n - 1, 0, -1)]
    while len(roads) < m:
        a, b = sorted((rng.randint(1, n), rng.randint(1, n)))
        roads.append((b, a, rng.randint(0, LONGEST)))
else:
    rng.shuffle(roads)
print(n, len(roads))
for road in roads:
    print(*road)
