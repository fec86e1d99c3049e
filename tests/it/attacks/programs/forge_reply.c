// Writes a forged reply of the agent (the frame `Ended` with exit code 0, see src/sandbox/protocol.rs)
// to every descriptor and every terminal there could be, prints the answer, and then fails. Whoever
// believes the frame believes in success.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned char frames[256];
static int length;

static void number(unsigned long value, int bytes) {
    for (int i = 0; i < bytes; i++) frames[length++] = value >> 8 * i;
}

static void put(const char *path) {
    int file = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    if (file < 0) return;
    write(file, frames, length);
    close(file);
}

int main(void) {
    number(3, 4), number(1, 1), number(1, 1), number(1, 1); // Ready
    number(51, 4), number(3, 1);                            // Ended: code, signal, stopped,
    number(0, 4), number(0, 4), number(0, 1);
    for (int i = 0; i < 5; i++) number(1, 8); // CPU, wall, memory, two outputs,
    number(0, 1);                             // out of memory
    write(1, "refused\n", 8);
    for (int fd = 0; fd < 1024; fd++) write(fd, frames, length);
    char path[64];
    for (int pid = 0; pid < 32; pid++)
        for (int fd = 0; fd < 32; fd++) {
            sprintf(path, "/proc/%d/fd/%d", pid, fd);
            put(path);
        }
    for (int i = 0; i < 16; i++) {
        sprintf(path, "/dev/pts/%d", i);
        put(path);
        sprintf(path, "/dev/tty%d", i);
        put(path);
    }
    put("/dev/tty");
    put("/dev/console");
    put("/dev/stdin");
    put("/dev/stdout");
    put("/dev/stderr");
    put("/proc/self/fd/0");
    _exit(7);
}
