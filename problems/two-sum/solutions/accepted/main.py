import sys


def solve(numbers, target):
    first = {}
    for j, x in enumerate(numbers):
        i = first.get(target - x)
        if i is not None:
            return f"{i} {j}"
        first.setdefault(x, j)
    return "-1"


n, target, *numbers = map(int, sys.stdin.buffer.read().split())
print(solve(numbers, target))
