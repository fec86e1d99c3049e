// Suspends itself and its whole group.
#include <signal.h>
#include <unistd.h>

int main(void) {
    if (fork() == 0)
        for (;;) pause();
    kill(0, SIGSTOP);
    raise(SIGSTOP);
    for (;;) pause();
}
