# Only neighbours make pairs.
input()
values = list(map(int, input().split()))
print(sum(abs(a - b) for a, b in zip(values, values[1:])))
