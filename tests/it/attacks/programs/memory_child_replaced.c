// As soon as the kernel ends a child for want of memory, the parent starts another, for ever.
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    for (;;) {
        if (fork() == 0)
            for (;;) memset(malloc(1 << 20), 1, 1 << 20);
        wait(0);
    }
}
