# For a language whose compiler runs the source: leaves a daemon and a file that is open for writing and
# in flight between sockets, fills the box, and makes a program.
import array
import os
import socket

with open("main", "w") as program:
    program.write("#!/bin/sh\necho refused\n")
os.chmod("main", 0o755)
for number in range(50):
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    held = os.open(f"held-{number}", os.O_CREAT | os.O_WRONLY)
    for end in ends:
        for fd in (held, ends[0].fileno(), ends[1].fileno()):
            rights = array.array("i", [fd])
            try:
                end.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            except OSError:
                pass
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        filler = open("filler", "wb")
        while True:
            try:
                filler.write(bytes(1 << 20))
                filler.flush()
            except OSError:
                pass
    os._exit(0)
os.wait()
os._exit(0)
