// Every process that can be had writes to standard output, and the first one ends at once... if it can.
#include <string.h>
#include <unistd.h>

int main(void) {
    static char bytes[1 << 16];
    memset(bytes, '\n', sizeof bytes);
    for (int i = 0; i < 100; i++)
        if (fork() == 0)
            for (;;) write(1, bytes, sizeof bytes);
    for (;;) write(1, bytes, sizeof bytes);
}
