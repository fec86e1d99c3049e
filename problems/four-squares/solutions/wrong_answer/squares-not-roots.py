# Wrong: prints the squares themselves.
def split(n):
    for a in range(int(n**0.5), -1, -1):
        for b in range(a + 1):
            for c in range(b + 1):
                rest = n - a * a - b * b - c * c
                if rest < 0:
                    break
                d = round(rest**0.5)
                if d * d == rest:
                    return a * a, b * b, c * c, d * d


for _ in range(int(input())):
    print(*split(int(input())))
