# Pops without a look whether anything is open.
import sys

CLOSES = {"(": ")", "[": "]", "{": "}"}


def balanced(line):
    expected = []
    for c in line:
        if c in CLOSES:
            expected.append(CLOSES[c])
        elif expected.pop() != c:
            return False
    return not expected


for line in sys.stdin.read().split()[1:]:
    print("yes" if balanced(line) else "no")
