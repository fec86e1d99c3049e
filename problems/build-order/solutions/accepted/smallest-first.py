# Another order than that of main.cpp: always the smallest part that can be built.
import heapq
import sys


def main():
    data = list(map(int, sys.stdin.buffer.read().split()))
    n, m = data[:2]
    after = [[] for _ in range(n + 1)]
    needs = [0] * (n + 1)
    for a, b in zip(data[2::2], data[3::2]):
        after[a].append(b)
        needs[b] += 1
    ready = [part for part in range(1, n + 1) if needs[part] == 0]
    order = []
    while ready:
        part = heapq.heappop(ready)
        order.append(part)
        for follower in after[part]:
            needs[follower] -= 1
            if needs[follower] == 0:
                heapq.heappush(ready, follower)
    print(*order if len(order) == n else ["impossible"])


main()
