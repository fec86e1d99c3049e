// Maps memory that is there at once.
#define _GNU_SOURCE
#include <sys/mman.h>

int main(void) {
    for (;;) mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
}
