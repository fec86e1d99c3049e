"""gen.py N: the number N (its output is too large to be kept as a file)."""
import sys

print(int(sys.argv[1]))
