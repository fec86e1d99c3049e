# Sums of two squares in a table: two of them make the number.
import sys


def main():
    _, *questions = map(int, sys.stdin.read().split())
    top = max(questions)
    two = [-1] * (top + 1)
    roots = range(int(top**0.5) + 2)
    for a in roots:
        for b in roots[: a + 1]:
            if a * a + b * b > top:
                break
            two[a * a + b * b] = a
    sums = [n for n in range(top + 1) if two[n] >= 0]
    for n in questions:
        for part in sums:
            rest = n - part
            if two[rest] >= 0:
                a, c = two[part], two[rest]
                b, d = round((part - a * a) ** 0.5), round((rest - c * c) ** 0.5)
                print(d, c, b, a)
                break


main()
