# Wrong: says more after the number was found.
low, high = 1, int(input())
reply = ""
while reply != "correct":
    guess = (low + high) // 2
    print(guess, flush=True)
    reply = input()
    low, high = (guess + 1, high) if reply == "higher" else (low, guess - 1)
print("Thank you!", flush=True)
