# Puts a number into the table before it looks for its complement, so a position can pair with itself.
import sys

n, target, *numbers = map(int, sys.stdin.buffer.read().split())
first = {}
answer = "-1"
for j, x in enumerate(numbers):
    first.setdefault(x, j)
    if target - x in first:
        answer = f"{first[target - x]} {j}"
        break
print(answer)
