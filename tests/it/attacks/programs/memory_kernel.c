// Memory that the kernel holds for the program: full pipes and sockets.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static char bytes[1 << 16];

static void fill(int fd) {
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (write(fd, bytes, sizeof bytes) > 0);
}

int main(void) {
    for (int child = 0; child < 24; child++) {
        if (fork() != 0) continue;
        for (;;) {
            int ends[2];
            if (pipe(ends) == 0) {
                fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
                fill(ends[1]);
            } else {
                break;
            }
            int size = 1 << 24;
            if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) {
                setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
                fill(ends[1]);
            }
        }
        for (;;) pause();
    }
    for (;;) pause();
}
