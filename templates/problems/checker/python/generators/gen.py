"""Prints a random number: gen LEAST MOST SEED. The same arguments always print the same."""
import random
import sys

least, most, seed = map(int, sys.argv[1:])
random.seed(seed)
print(random.randint(least, most))
