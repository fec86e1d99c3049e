// Leaves a daemon behind (two forks and a session of its own) that holds standard output open, writes
// files and burns CPU time. The program itself ends at once.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    int ready[2];
    pipe(ready);
    if (fork() == 0) {
        setsid();
        if (fork() != 0) _exit(0);
        for (int s = 1; s < 32; s++) signal(s, SIG_IGN);
        write(ready[1], "x", 1);
        for (;;) {
            int file = open("/tmp/daemon", O_CREAT | O_WRONLY, 0600);
            write(file, "still here\n", 11);
            close(file);
        }
    }
    char byte;
    read(ready[0], &byte, 1);
    puts("refused");
    return 0;
}
