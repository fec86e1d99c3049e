"""A checker in the ICPC convention: check.py INPUT ANSWER FEEDBACK/ [--most N] < OUTPUT.

Exit code 42 accepts and 43 rejects; why is in FEEDBACK/judgemessage.txt."""
import os
import sys

ACCEPT, REJECT = 42, 43


def main():
    input_file, _, feedback, *options = sys.argv[1:]
    most = int(options[options.index("--most") + 1])

    def leave(code, message):
        with open(os.path.join(feedback, "judgemessage.txt"), "w") as file:
            file.write(message + "\n")
        sys.exit(code)

    with open(input_file) as file:
        _, *questions = map(int, file.read().split())
    for number, question in enumerate(questions, 1):
        line = sys.stdin.buffer.readline(1000)
        place = f"line {number}"
        if not line:
            leave(REJECT, f"{place}: there are {len(questions)} questions and only {number - 1} lines")
        words = line.split()
        if len(words) != 4:
            leave(REJECT, f"{place}: {len(words)} numbers instead of 4")
        # No sign, no underscore, no digit of another alphabet, which `int` would take.
        if not all(word.isdigit() and len(word) <= 6 for word in words):
            leave(REJECT, f"{place}: not four whole numbers of at least 0 and at most 6 digits")
        roots = [int(word) for word in words]
        if max(roots) > most:
            leave(REJECT, f"{place}: {max(roots)} is larger than {most}")
        total = sum(root * root for root in roots)
        if total != question:
            squares = " + ".join(str(root * root) for root in roots)
            leave(REJECT, f"{place}: {squares} = {total}, not {question}")
    if sys.stdin.buffer.read().split():
        leave(REJECT, "there is more after the last line")
    leave(ACCEPT, f"{len(questions)} right sums")


main()
