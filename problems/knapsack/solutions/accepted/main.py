import sys

n, capacity, *rest = map(int, sys.stdin.read().split())
best = [0] * (capacity + 1)  # best[c]: the greatest worth within c grams
for weight, value in zip(rest[::2], rest[1::2]):
    if weight <= capacity:
        best[weight:] = [a if a > b + value else b + value for a, b in zip(best[weight:], best)]
print(best[capacity])
