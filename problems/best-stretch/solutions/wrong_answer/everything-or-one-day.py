# Wrong: only looks at all days together and at single days. 10 points.
input()
days = list(map(int, input().split()))
print(max(sum(days), max(days)))
