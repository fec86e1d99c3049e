n = int(input())
half = range(1, n // 2 + 1)
print(*half, *(-value for value in half), *([0] if n % 2 else []))
