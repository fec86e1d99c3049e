# Every pair by itself: quadratic, and so too slow for the group large.
n = int(input())
values = list(map(int, input().split()))
print(sum(abs(values[i] - values[j]) for i in range(n) for j in range(i)))
