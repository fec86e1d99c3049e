# The largest and the smallest number are looked for from 0 on, which need not be one of them.
input()
least = most = 0
for value in map(int, input().split()):
    least = min(least, value)
    most = max(most, value)
print(most - least)
