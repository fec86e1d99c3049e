// Fills the process table with children that do nothing, and then does nothing itself.
#include <unistd.h>

int main(void) {
    for (;;) {
        pid_t child = fork();
        if (child <= 0) break;
    }
    for (;;) pause();
}
