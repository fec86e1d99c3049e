// Gives pages of a file instead of bytes as its output, then takes the file away from under them.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void) {
    int file = open("/tmp/file", O_CREAT | O_RDWR, 0600);
    ftruncate(file, 1 << 16);
    loff_t at = 0;
    splice(file, &at, 1, 0, 1 << 15, SPLICE_F_MOVE);
    ftruncate(file, 0);
    fallocate(file, 0, 0, 1 << 16);
    at = 0;
    splice(file, &at, 1, 0, 1 << 13, SPLICE_F_MOVE);
    char *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct iovec piece = {page, 4096};
    page[0] = 'x';
    vmsplice(1, &piece, 1, SPLICE_F_GIFT);
    munmap(page, 4096);
    unlink("/tmp/file");
    return 0;
}
