"""Says whether an input is as the statement promises: 42 yes, 43 no."""
import re
import sys

INTEGER = rb"(?:0|-?[1-9][0-9]{0,9})"


def refuse(why):
    print(why, file=sys.stderr)
    sys.exit(43)


data = sys.stdin.buffer.read()
lines = re.fullmatch(rb"(%s)\n(%s(?: %s)*)\n" % (INTEGER, INTEGER, INTEGER), data)
if lines is None:
    refuse("it is not n, then n integers, in two lines")
n = int(lines[1])
if not 1 <= n <= 100_000:
    refuse(f"n is out of range: {n}")
values = list(map(int, lines[2].split(b" ")))
if len(values) != n:
    refuse(f"there are {len(values)} numbers, not {n}")
for value in values:
    if not 0 <= value <= 1_000_000_000:
        refuse(f"a number is out of range: {value}")
sys.exit(42)
