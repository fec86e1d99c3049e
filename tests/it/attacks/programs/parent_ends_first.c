// The parent ends with success before its child prints the answer. The end of the program is the end
// of the test, so the answer never comes.
#include <stdio.h>
#include <unistd.h>

int main(void) {
    if (fork() == 0) {
        while (getppid() != 1) usleep(1000);
        sleep(30);
        puts("refused");
    }
    return 0;
}
