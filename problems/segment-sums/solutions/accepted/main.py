import sys
from itertools import accumulate

data = sys.stdin.buffer.read().split()
n, q = int(data[0]), int(data[1])
# Before any change: tree[i] is the sum of the boxes i - (i & -i) + 1 to i.
prefix = [0, *accumulate(map(int, data[2:n + 2]))]
tree = [prefix[i] - prefix[i & (i - 1)] for i in range(n + 1)]
out = []
commands = iter(data[n + 2:])
for command, a, b in zip(commands, commands, commands):
    a, b = int(a), int(b)
    if command == b"+":
        while a <= n:
            tree[a] += b
            a += a & -a
    else:
        a -= 1
        total = 0
        while b > a:
            total += tree[b]
            b &= b - 1
        while a > b:
            total -= tree[a]
            a &= a - 1
        out.append(total)
print("\n".join(map(str, out)))
