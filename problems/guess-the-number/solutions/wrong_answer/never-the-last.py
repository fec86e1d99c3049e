# Wrong: takes the upper bound for excluded, and ends without the number when it is the last one.
low, high = 1, int(input())
while low < high:
    guess = (low + high) // 2
    print(guess, flush=True)
    reply = input()
    if reply == "correct":
        break
    low, high = (guess + 1, high) if reply == "higher" else (low, guess)
