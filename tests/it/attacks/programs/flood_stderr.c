// Writes to standard error without end.
#include <string.h>
#include <unistd.h>

int main(void) {
    static char bytes[1 << 16];
    memset(bytes, 'x', sizeof bytes);
    for (;;) write(2, bytes, sizeof bytes);
}
