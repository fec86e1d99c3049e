# Erases "()", "[]" and "{}" until nothing changes: every round goes over the whole line, and a line nested
# 250 000 deep needs as many rounds.
import sys

for line in sys.stdin.read().split()[1:]:
    size = None
    while size != len(line):
        size = len(line)
        line = line.replace("()", "").replace("[]", "").replace("{}", "")
    print("no" if line else "yes")
