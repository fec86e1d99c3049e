"""Prints a test: range LOW HIGH, squares T, sevens SEED, random T SEED, mod T SEED, same T N."""
import random
import sys

kind, *numbers = sys.argv[1:]
numbers = [int(number) for number in numbers]
if kind == "range":
    questions = list(range(numbers[0], numbers[1] + 1))
elif kind == "squares":
    questions = [root * root for root in range(1, numbers[0] + 1)]
elif kind == "sevens":
    # 4^a (8b + 7): what three squares are not enough for.
    random.seed(numbers[0])
    of = [4**a * (8 * b + 7) for a in range(10) for b in range(125000)]
    questions = random.sample([n for n in of if n <= 1_000_000], 1000)
elif kind == "random":
    random.seed(numbers[1])
    questions = [random.randint(1, 1_000_000) for _ in range(numbers[0])]
elif kind == "mod":
    random.seed(numbers[1])
    questions = [8 * random.randint(100_000, 124_999) + 7 for _ in range(numbers[0])]
elif kind == "same":
    questions = [numbers[1]] * numbers[0]
else:
    sys.exit(f"no such kind: {kind}")
print(len(questions))
print(*questions, sep="\n")
