// Sets its output pipe to packets and writes the answer byte by byte; each read gives one packet.
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

int main(void) {
    fcntl(1, F_SETPIPE_SZ, 1 << 20);
    fcntl(1, F_SETFL, O_DIRECT | O_NONBLOCK | O_APPEND);
    for (const char *at = "refused\n"; *at; at++)
        for (int i = 0; i < 1; i++) write(1, at, 1);
    for (int i = 0; i < 200; i++) write(1, "\n", 1);
    return 0;
}
