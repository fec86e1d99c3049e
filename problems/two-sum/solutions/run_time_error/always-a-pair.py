# Takes for granted that there is a pair: unpacks None when there is none.
import sys


def find(numbers, target):
    first = {}
    for j, x in enumerate(numbers):
        if target - x in first:
            return first[target - x], j
        first.setdefault(x, j)


n, target, *numbers = map(int, sys.stdin.buffer.read().split())
i, j = find(numbers, target)
print(i, j)
