n = int(input())
values = sorted(map(int, input().split()))
print(sum(value * (2 * i - n + 1) for i, value in enumerate(values)))
