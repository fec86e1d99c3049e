"""Answers questions about a number: talk INPUT ANSWER FEEDBACK/. Ends with 42 when it was found, else with 43."""
import os
import re
import sys

QUESTIONS = 20
secret = int(open(sys.argv[1]).read())


def end(code, why):
    with open(os.path.join(sys.argv[3], "judgemessage.txt"), "w") as message:
        print(why, file=message)
    sys.exit(code)


asked = 0
for line in iter(lambda: sys.stdin.buffer.readline(100), b""):
    said = re.fullmatch(rb"\s*([?!])\s+([1-9][0-9]{0,6})\s*", line)
    if said is None or int(said[2]) > 1_000_000:
        end(43, f"neither a question nor an answer: {line[:40]!r}")
    value = int(said[2])
    if said[1] == b"!":
        if value != secret:
            end(43, f"it said {value}, and it was {secret}")
        if sys.stdin.buffer.read(1000).strip():
            end(43, "it went on after it had said the number")
        end(42, f"found with {asked} questions")
    if asked == QUESTIONS:
        end(43, f"it asked more than {QUESTIONS} questions")
    asked += 1
    try:
        print("yes" if secret < value else "no", flush=True)
    except BrokenPipeError:
        break
end(43, "it ended and did not say the number")
