// Memory that no process maps: a nameless file that is filled without being touched, so that the
// program itself stays tiny and is not the largest process in sight.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void) {
    int file = memfd_create("x", 0);
    for (long i = 0; i < 8192; i++)
        if (fallocate(file, 0, i << 20, 1 << 20) != 0) return 3;
    puts("had it all");
}
