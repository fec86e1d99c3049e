# Crashes: the recursion is as deep as the longest chain.
import sys

data = list(map(int, sys.stdin.buffer.read().split()))
n, m = data[:2]
after = [[] for _ in range(n + 1)]
for a, b in zip(data[2::2], data[3::2]):
    after[a].append(b)
state = [0] * (n + 1)
order = []


def visit(part):
    state[part] = 1
    for follower in after[part]:
        if state[follower] == 1 or (state[follower] == 0 and not visit(follower)):
            return False
    state[part] = 2
    order.append(part)
    return True


fine = all(state[part] == 2 or visit(part) for part in range(1, n + 1))
print(*reversed(order) if fine else ["impossible"])
