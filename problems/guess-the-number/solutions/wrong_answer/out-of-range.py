# Wrong: begins with 0, which is no number between 1 and n.
low, high = 0, int(input()) + 1
while True:
    guess = (low + high) // 2 if high - low > 2 else low
    print(guess, flush=True)
    reply = input()
    if reply == "correct":
        break
    low, high = (guess + 1, high) if reply == "higher" else (low, guess - 1)
