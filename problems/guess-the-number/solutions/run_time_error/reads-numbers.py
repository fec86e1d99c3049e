# Crashes: expects the reply to be a number.
low, high = 1, int(input())
while low < high:
    guess = (low + high) // 2
    print(guess, flush=True)
    low, high = (guess + 1, high) if int(input()) > 0 else (low, guess - 1)
