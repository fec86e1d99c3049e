// Tries to change its input, which a later test or a rejudge might see.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int done;

static void change(int fd, const char *how) {
    lseek(fd, 0, SEEK_SET);
    if (write(fd, "2\n", 2) > 0) done = 1, printf("written %s\n", how);
    if (pwrite(fd, "2\n", 2, 100) > 0) done = 1, printf("grown %s\n", how);
    if (ftruncate(fd, 0) == 0) done = 1, printf("truncated %s\n", how);
    if (ftruncate(fd, 100) == 0) done = 1, printf("stretched %s\n", how);
    if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 2) == 0) done = 1, printf("punched %s\n", how);
    if (fchmod(fd, 0) == 0) done = 1, printf("closed %s\n", how);
    char *map = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) done = 1, map[0] = '2', printf("mapped %s\n", how);
    map = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED && mprotect(map, 4096, PROT_READ | PROT_WRITE) == 0) done = 1, printf("remapped %s\n", how);
}

int main(void) {
    change(0, "as it is");
    change(open("/proc/self/fd/0", O_RDWR), "opened again");
    change(open("/proc/self/fd/0", O_WRONLY | O_TRUNC), "opened to truncate");
    char byte = 0;
    pread(0, &byte, 1, 0);
    if (byte != '1') done = 1, puts("the input is another");
    if (!done) puts("refused");
}
