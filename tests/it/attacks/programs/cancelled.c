// Says that it runs by opening a file of the host's toolchain that nobody else opens, and goes on for
// ever with a child in a session of its own.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(void) {
    for (int s = 1; s < 65; s++) signal(s, SIG_IGN);
    prctl(PR_SET_NAME, "cancelled-test", 0, 0, 0);
    if (fork() == 0) setsid();
    else open("SIGN", O_RDONLY);
    for (volatile long i = 0;; i++);
}
