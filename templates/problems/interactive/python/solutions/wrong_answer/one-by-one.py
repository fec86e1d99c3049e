# Asks for every number in turn.
import sys

value = 1
while value < 1_000_000:
    value += 1
    print("?", value, flush=True)
    answer = sys.stdin.readline().strip()
    if answer == "":
        sys.exit()
    if answer == "yes":
        value -= 1
        break
print("!", value, flush=True)
