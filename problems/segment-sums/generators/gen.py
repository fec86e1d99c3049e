"""gen.py KIND N Q SEED: N numbers and Q commands.

random         changes and questions in turn, all at random
changes-first  one half changes, then one half questions
whole          one in ten commands is a change, every question is about more than nine tenths of the row
"""
import random
import sys

kind, n, q, seed = sys.argv[1], *map(int, sys.argv[2:5])
rng = random.Random(seed)
GREAT = 10**9
print(n, q)
print(*(rng.randint(-GREAT, GREAT) for _ in range(n)))
lines = []
for k in range(q):
    if kind == "random":
        change = k + 1 < q and rng.randrange(2) == 0
    elif kind == "changes-first":
        change = k < q // 2
    else:
        change = k % 10 == 5
    if change:
        lines.append(f"+ {rng.randint(1, n)} {rng.randint(-GREAT, GREAT)}")
    elif kind == "whole":
        lines.append(f"? {rng.randint(1, n // 20)} {rng.randint(n - n // 20, n)}")
    else:
        left, right = sorted((rng.randint(1, n), rng.randint(1, n)))
        lines.append(f"? {left} {right}")
print("\n".join(lines))
