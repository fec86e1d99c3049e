// Memory in the form of files: /tmp and /dev/shm are file systems in memory.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char bytes[1 << 20];

int main(void) {
    memset(bytes, 1, sizeof bytes);
    int tmp = open("/tmp/file", O_CREAT | O_WRONLY, 0600);
    int shm = open("/dev/shm/file", O_CREAT | O_WRONLY, 0600);
    for (int i = 0; i < 200; i++) {
        write(tmp, bytes, sizeof bytes);
        write(shm, bytes, sizeof bytes);
    }
    puts("had it all");
}
