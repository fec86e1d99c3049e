# Breadth first: the way with the fewest roads, not the shortest one.
import sys
from collections import deque

n, m, *rest = map(int, sys.stdin.buffer.read().split())
roads = [[] for _ in range(n + 1)]
for i in range(0, 3 * m, 3):
    roads[rest[i]].append((rest[i + 1], rest[i + 2]))
distance = [None] * (n + 1)
distance[1] = 0
queue = deque([1])
while queue:
    town = queue.popleft()
    for other, length in roads[town]:
        if distance[other] is None:
            distance[other] = distance[town] + length
            queue.append(other)
print(-1 if distance[n] is None else distance[n])
