import sys

CLOSES = {"(": ")", "[": "]", "{": "}"}


def balanced(line):
    expected = []
    for c in line:
        if c in CLOSES:
            expected.append(CLOSES[c])
        elif not expected or expected.pop() != c:
            return False
    return not expected


lines = sys.stdin.read().split()[1:]
print("\n".join("yes" if balanced(line) else "no" for line in lines))
