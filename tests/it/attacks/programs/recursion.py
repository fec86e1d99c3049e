# Recursion with the interpreter's own bound taken off.
import sys

sys.setrecursionlimit(10**9)


def deeper(depth):
    return deeper(depth + 1) + 1


print(deeper(0))
