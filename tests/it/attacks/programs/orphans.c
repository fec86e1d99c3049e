// A storm of orphans: each child forks a grandchild and ends, so that process 1 has to reap them all.
#include <unistd.h>
#include <sys/wait.h>

int main(void) {
    for (;;) {
        pid_t child = fork();
        if (child == 0) {
            fork();
            _exit(0);
        }
        if (child > 0) waitpid(child, 0, 0);
    }
}
