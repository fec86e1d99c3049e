import sys
from heapq import heappop, heappush

n, m, *rest = map(int, sys.stdin.buffer.read().split())
roads = [[] for _ in range(n + 1)]
numbers = iter(rest)
for a, b, d in zip(numbers, numbers, numbers):
    roads[a].append((b, d))
far = float("inf")
distance = [far] * (n + 1)
distance[1] = 0
queue = [(0, 1)]
while queue:
    here, town = heappop(queue)
    if town == n:
        break
    if here > distance[town]:
        continue
    for other, length in roads[town]:
        if here + length < distance[other]:
            distance[other] = here + length
            heappush(queue, (here + length, other))
print(-1 if distance[n] == far else distance[n])
