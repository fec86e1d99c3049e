"""gen.py KIND LENGTH SEED: lines of LENGTH brackets in all.

many    lines of 1 to 8 brackets, about half of them balanced
random  one balanced line, its shape random, at most 60 deep
last    one balanced line whose last bracket was replaced by one of another kind
deep    one line: LENGTH/2 opening brackets of random kinds and the brackets that close them
"""
import random
import sys

OPENING = "([{"
CLOSES = {"(": ")", "[": "]", "{": "}"}

kind, length, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(seed)


def balanced(size):
    line, stack = [], []
    while len(line) < size:
        room = size - len(line)
        if not stack or (room > len(stack) and len(stack) < 60 and rng.randrange(2)):
            stack.append(rng.choice(OPENING))
            line.append(stack[-1])
        else:
            line.append(CLOSES[stack.pop()])
    return line


lines = []
if kind == "many":
    room = length
    while room >= 8:
        line = balanced(2 * rng.randint(1, 4))
        if rng.randrange(2):
            line[rng.randrange(len(line))] = rng.choice("()[]{}")
        if rng.randrange(8) == 0:
            line.pop()
        lines.append("".join(line))
        room -= len(line)
elif kind == "deep":
    opening = [rng.choice(OPENING) for _ in range(length // 2)]
    lines.append("".join(opening) + "".join(CLOSES[b] for b in reversed(opening)))
else:
    line = balanced(length)
    if kind == "last":
        line[-1] = ")" if line[-1] != ")" else "]"
    lines.append("".join(line))
print(len(lines))
print("\n".join(lines))
