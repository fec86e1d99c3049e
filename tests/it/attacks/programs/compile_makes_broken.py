# For a language whose compiler runs the source: what comes out looks like a program, and the system cannot
# execute it.
import os

with open("main", "wb") as program:
    program.write(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\x3e\x00" + bytes(100))
os.chmod("main", 0o755)
