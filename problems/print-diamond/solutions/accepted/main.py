n = int(input())
half = []
for i in range(n):
    letter = chr(ord("A") + i % 26)
    inside = " " * (2 * i - 1) + letter if i else ""
    half.append(" " * (n - 1 - i) + letter + inside)
print("\n".join(half + half[-2::-1]) if n > 1 else half[0])
