// A child whose end nobody waits for burns the CPU time. What the kernel tells of waited-for children
// (rusage) would show nothing.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    signal(SIGCHLD, SIG_IGN);
    if (fork() == 0)
        for (volatile long i = 0;; i++);
    for (;;) pause();
}
