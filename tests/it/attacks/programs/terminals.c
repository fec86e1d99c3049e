// Makes terminals, takes one as its own, and types into it.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(void) {
    for (int i = 0; i < 1000; i++) {
        int master = open("/dev/ptmx", O_RDWR);
        if (master < 0) break;
        grantpt(master);
        unlockpt(master);
        int slave = open(ptsname(master), O_RDWR);
        if (slave < 0) continue;
        ioctl(slave, TIOCSCTTY, 1);
        ioctl(slave, TIOCSTI, "x");
        write(slave, "x", 1);
    }
    puts("refused");
}
