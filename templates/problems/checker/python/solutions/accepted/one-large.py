# Other numbers with the same sum: one makes up for many as long as it fits, else pairs do.
n = int(input())
if n * (n - 1) // 2 <= 1_000_000:
    print(*range(1, n), -n * (n - 1) // 2)
else:
    half = range(1_000_000, 1_000_000 - n // 2, -1)
    print(*half, *(-value for value in half), *([0] if n % 2 else []), sep="\n")
