# Wrong in form: where parts go in a circle it prints those it could build and says nothing of the rest.
import sys

data = list(map(int, sys.stdin.buffer.read().split()))
n, m = data[:2]
after = [[] for _ in range(n + 1)]
needs = [0] * (n + 1)
for a, b in zip(data[2::2], data[3::2]):
    after[a].append(b)
    needs[b] += 1
order = [part for part in range(1, n + 1) if needs[part] == 0]
for part in order:
    for follower in after[part]:
        needs[follower] -= 1
        if needs[follower] == 0:
            order.append(follower)
print(*order)
