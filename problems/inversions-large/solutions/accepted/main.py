# Each number is put into a sorted list; the numbers after its place there came before it and are greater. The list is
# cut into pieces of at most 2000 numbers, so that putting one in does not move too many others.
import sys
from bisect import bisect_right


def count(numbers):
    pieces, ends, sizes = [[]], [numbers[0]], [0]
    inversions = 0
    for before, x in enumerate(numbers):
        p = bisect_right(ends, x)
        if p == len(ends):
            p -= 1
            ends[p] = max(ends[p], x)
        piece = pieces[p]
        at = bisect_right(piece, x)
        # Add up the sizes of the pieces on the side where there are fewer of them.
        if 2 * p < len(sizes):
            inversions += before - sum(sizes[:p]) - at
        else:
            inversions += len(piece) - at + sum(sizes[p + 1:])
        piece.insert(at, x)
        sizes[p] += 1
        if len(piece) > 2000:
            pieces[p:p + 1] = [piece[:1000], piece[1000:]]
            ends[p:p + 1] = [piece[999], piece[-1]]
            sizes[p:p + 1] = [1000, len(piece) - 1000]
    return inversions


print(count(list(map(int, sys.stdin.buffer.read().split()))[1:]))
