# Goes up through the capacities, so one thing can be taken again and again.
import sys

n, capacity, *rest = map(int, sys.stdin.read().split())
best = [0] * (capacity + 1)
for weight, value in zip(rest[::2], rest[1::2]):
    for c in range(weight, capacity + 1):
        best[c] = max(best[c], best[c - weight] + value)
print(best[capacity])
