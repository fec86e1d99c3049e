// Links, pipes, sockets, holes, strange names and very deep folders in the temporary file systems: a
// judge that cleans up by path, follows links or recurses would stumble over them.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int done;

static void through(const char *link, const char *target) {
    symlink(target, link);
    if (open(link, O_WRONLY | O_NONBLOCK) >= 0) done = 1, printf("opened %s\n", target);
}

int main(void) {
    through("/tmp/a", "/etc/shadow");
    through("/tmp/b", "/etc/passwd");
    through("/tmp/c", "/box/main");
    through("/tmp/d", "/sonocode/agent");
    through("/dev/shm/e", "/proc/1/mem");
    through("/dev/shm/f", "/proc/1/root/etc/passwd");
    through("/dev/shm/g", "/proc/1/cwd");
    symlink("/", "/tmp/box");
    symlink("loop", "/tmp/loop");
    if (link("/box/main", "/tmp/hard") == 0) done = 1, puts("linked /box/main");
    if (mknod("/tmp/memory", S_IFCHR | 0666, 1 << 8 | 1) == 0) done = 1, puts("made a device");
    mkfifo("/tmp/fifo", 0666);
    mkdir("/tmp/closed", 0);
    mkdir("/tmp/\n\xff\xfe'\"; rm -rf", 0700);
    int hole = open("/tmp/hole", O_CREAT | O_WRONLY, 0);
    ftruncate(hole, 1L << 50);
    chdir("/tmp");
    for (int i = 0; i < 5000; i++) {
        if (mkdir("deep", 0700) != 0 || chdir("deep") != 0) break;
    }
    if (!done) puts("refused");
}
