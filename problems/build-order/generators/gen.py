"""Prints a test: random N M SEED, cycle N M SEED,
chain N SEED, forwards N SEED, backwards N SEED."""
import random
import sys

kind, *numbers = sys.argv[1:]
n, *rest = map(int, numbers)
random.seed(rest[-1])
order = list(range(1, n + 1))
if kind not in ("forwards", "backwards"):
    random.shuffle(order)
rules = []
if kind in ("random", "cycle"):
    for _ in range(rest[0]):
        i, j = sorted(random.sample(range(n), 2))
        rules.append((order[i], order[j]))
    if kind == "cycle":
        # The last three parts of the order go in a circle.
        rules[-3:] = [(order[-3], order[-2]), (order[-2], order[-1]), (order[-1], order[-3])]
    random.shuffle(rules)
elif kind in ("chain", "forwards"):
    # In the order of the numbers, a search from part 1 goes as deep as there are parts.
    rules = list(zip(order, order[1:]))
    random.shuffle(rules)
elif kind == "backwards":
    # Part n comes first and part 1 last: whoever goes through the parts from 1 finds one each time.
    rules = [(i + 1, i) for i in range(1, n)]
else:
    sys.exit(f"no such kind: {kind}")
print(n, len(rules))
for a, b in rules:
    print(a, b)
