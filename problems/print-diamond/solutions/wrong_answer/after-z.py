# Does not start again after Z: the 27th letter is "[".
n = int(input())
half = []
for i in range(n):
    letter = chr(ord("A") + i)
    half.append(" " * (n - 1 - i) + letter + (" " * (2 * i - 1) + letter if i else ""))
print("\n".join(half + half[:-1][::-1]))
