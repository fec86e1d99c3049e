// Fills /tmp and /dev/shm: neither takes more than its size.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char bytes[1 << 20];

static int fill(const char *path, int most) {
    int file = open(path, O_CREAT | O_WRONLY, 0600);
    int count = 0;
    while (count < most && write(file, bytes, sizeof bytes) == sizeof bytes) count++;
    return count;
}

int main(void) {
    memset(bytes, 1, sizeof bytes);
    int tmp = fill("/tmp/file", 1000), shm = fill("/dev/shm/file", 1000);
    if (tmp > 256 || shm > 256) printf("%d MiB in /tmp, %d MiB in /dev/shm\n", tmp, shm);
    else puts("refused");
}
