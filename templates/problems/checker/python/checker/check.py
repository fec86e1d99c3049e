"""Judges an output: check INPUT ANSWER FEEDBACK/ < OUTPUT. Ends with 42 to accept and with 43 to reject."""
import os
import re
import sys


def reject(why):
    with open(os.path.join(sys.argv[3], "judgemessage.txt"), "w") as message:
        print(why, file=message)
    sys.exit(43)


n = int(open(sys.argv[1]).read())
values = set()
for word in sys.stdin.buffer.read().split():
    if not re.fullmatch(rb"-?[0-9]{1,7}", word) or abs(int(word)) > 1_000_000:
        reject(f"{word[:20]!r} is no integer from -1000000 to 1000000")
    if int(word) in values:
        reject(f"{int(word)} is there twice")
    values.add(int(word))
if len(values) != n:
    reject(f"{len(values)} numbers and not {n}")
if sum(values) != 0:
    reject(f"the sum is {sum(values)}")
sys.exit(42)
