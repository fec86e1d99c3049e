// A child runs into the limit and is ended by the kernel; the parent ends as if all were well.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    if (fork() == 0)
        for (;;) memset(malloc(1 << 20), 1, 1 << 20);
    wait(0);
    puts("refused");
    return 0;
}
