// Each child takes a quarter of the limit; together they take twice as much as there is.
#include <stdlib.h>
#include <unistd.h>

int main(void) {
    for (int i = 0; i < 8; i++)
        if (fork() == 0) {
            volatile char *block = malloc(16 << 20);
            for (long at = 0; at < 16 << 20; at += 4096) block[at] = 1;
            for (;;) pause();
        }
    for (;;) pause();
}
