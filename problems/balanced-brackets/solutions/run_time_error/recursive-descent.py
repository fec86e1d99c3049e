# One level of recursion for each level of nesting: Python gives up at about 1000.
import sys

CLOSES = {"(": ")", "[": "]", "{": "}"}


def group(line, at):
    """The position after the groups that start at `at`, or -1."""
    while at < len(line) and line[at] in CLOSES:
        end = group(line, at + 1)
        if end == -1 or end == len(line) or line[end] != CLOSES[line[at]]:
            return -1
        at = end + 1
    return at


for line in sys.stdin.read().split()[1:]:
    print("yes" if group(line, 0) == len(line) else "no")
