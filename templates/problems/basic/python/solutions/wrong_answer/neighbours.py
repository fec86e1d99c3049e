# Only neighbours are compared.
input()
values = list(map(int, input().split()))
print(max((abs(a - b) for a, b in zip(values, values[1:])), default=0))
