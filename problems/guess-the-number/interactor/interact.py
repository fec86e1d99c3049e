"""An interactor in the ICPC convention: interact.py INPUT ANSWER FEEDBACK/.

It reads the program's guesses on standard input and replies on standard output. The input holds `n` and the number, or 0
when the number is to be chosen as late as possible. Exit code 42 accepts and 43 rejects."""
import os
import sys

ACCEPT, REJECT = 42, 43
GUESSES = 30


def main():
    with open(sys.argv[1]) as file:
        n, number = map(int, file.read().split())
    feedback = sys.argv[3]

    def leave(code, message):
        with open(os.path.join(feedback, "judgemessage.txt"), "w") as file:
            file.write(message + "\n")
        # Nothing is left to be written at the end, when the program may be gone.
        os._exit(code)

    def say(word):
        try:
            os.write(1, f"{word}\n".encode())
        except BrokenPipeError:
            leave(REJECT, "the program ended before it was told everything")

    low, high = 1, n
    say(n)
    for guesses in range(1, GUESSES + 1):
        line = sys.stdin.buffer.readline(100)
        if not line:
            leave(REJECT, f"the program ended after {guesses - 1} guesses, without the number")
        word = line.strip()
        if not word.isdigit() or len(word) > 10:
            leave(REJECT, f"guess {guesses} is no whole number: {word.decode(errors='replace')!r}")
        guess = int(word)
        if not 1 <= guess <= n:
            leave(REJECT, f"guess {guesses}: {guess} is not between 1 and {n}")
        # Of the numbers that are left, the larger half stays.
        wish = number or (low if guess - low > high - guess else high)
        if guess == wish and low <= guess <= high and (number or low == high):
            say("correct")
            if sys.stdin.buffer.read(1):
                leave(REJECT, "the program said more after it had found the number")
            leave(ACCEPT, f"found with {guesses} guesses")
        if guess < wish:
            low = max(low, guess + 1)
            say("higher")
        else:
            high = min(high, guess - 1)
            say("lower")
    leave(REJECT, f"the number was not found with {GUESSES} guesses")


main()
