# The numbers are not different.
print(*[0] * int(input()))
