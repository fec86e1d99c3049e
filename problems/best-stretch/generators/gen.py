"""Prints a test: KIND N LARGEST SEED; KIND is positive, negative, random or peaks."""
import random
import sys

kind = sys.argv[1]
n, largest, seed = map(int, sys.argv[2:])
random.seed(seed)
if kind == "positive":
    days = [random.randint(0, largest) for _ in range(n)]
elif kind == "negative":
    days = [random.randint(-largest, -1) for _ in range(n)]
elif kind == "random":
    days = [random.randint(-largest, largest) for _ in range(n)]
elif kind == "peaks":
    # Two good stretches with a loss between them that is worth bearing.
    days = [random.randint(-largest, largest // 9) for _ in range(n)]
    third = n // 3
    for i in range(third, 2 * third):
        days[i] = random.randint(largest // 2, largest)
    days[n // 2] = -largest
else:
    sys.exit(f"no such kind: {kind}")
print(n)
print(*days)
