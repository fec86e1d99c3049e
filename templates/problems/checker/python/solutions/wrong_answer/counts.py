# The sum is not zero.
print(*range(1, int(input()) + 1))
