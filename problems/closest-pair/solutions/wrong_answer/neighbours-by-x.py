# Sorts by x and looks at neighbours only.
import sys
from math import dist

numbers = list(map(int, sys.stdin.buffer.read().split()))
points = sorted(zip(numbers[1::2], numbers[2::2]))
print(min(map(dist, points, points[1:])))
