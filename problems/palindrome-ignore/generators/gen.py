"""gen.py KIND LENGTH SEED: a text of LENGTH printable characters.

palindrome  is one, with punctuation between its letters and digits
middle      the same, but the two letters nearest to its middle differ
ends        the same, but its first letter differs from its last
"""
import random
import sys

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
REST = " .,:;!?_-'\"()"

kind, length, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(seed)
half = [rng.choice(LETTERS) for _ in range(length * 2 // 5)]
left, right = half[:], half[::-1]
if kind == "middle":
    left[-1], right[0] = "a", "b"
elif kind == "ends":
    left[0], right[-1] = "a", "b"
text = [c.swapcase() if rng.randrange(4) == 0 else c for c in left + right]
places = sorted(rng.randrange(len(text) + 1) for _ in range(length - len(text)))
out, start = [], 0
for place in places:
    out += text[start:place]
    out.append(rng.choice(REST))
    start = place
out += text[start:]
print("".join(out))
