# Right, but it adds up the whole segment for every question: about 9 000 000 000 additions when n = q = 100 000.
import sys

data = sys.stdin.buffer.read().split()
n, q = int(data[0]), int(data[1])
a = list(map(int, data[2:n + 2]))
for k in range(q):
    command, first, second = data[n + 2 + 3 * k:n + 5 + 3 * k]
    if command == b"+":
        a[int(first) - 1] += int(second)
    else:
        print(sum(a[int(first) - 1:int(second)]))
