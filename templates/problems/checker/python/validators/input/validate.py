"""Says whether an input is as the statement promises: 42 yes, 43 no."""
import re
import sys

data = sys.stdin.buffer.read()
if not re.fullmatch(rb"[1-9][0-9]{0,5}\n", data) or not 2 <= int(data) <= 100_000:
    print("it is not one number from 2 to 100000 in a line", file=sys.stderr)
    sys.exit(43)
sys.exit(42)
