# The best stretch that ends today: all days until now without the worst beginning.
import sys
from itertools import accumulate

total, worst, best = 0, 0, None
_, *days = map(int, sys.stdin.buffer.read().split())
for total in accumulate(days):
    if best is None or total - worst > best:
        best = total - worst
    worst = min(worst, total)
print(best)
