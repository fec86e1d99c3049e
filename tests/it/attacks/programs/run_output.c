// Writes a program and runs it, with every bit that could give it more rights, and runs the agent.
// Both may run; neither may have more rights than the program had.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(const char *path, char *word) {
    pid_t child = fork();
    if (child == 0) {
        int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, 0), dup2(nothing, 1), dup2(nothing, 2);
        execl(path, path, word, (char *)0);
        _exit(99);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

int main(int count, char **words) {
    (void)words;
    if (count > 1) return geteuid() == 60606 && getegid() == 60606 ? 42 : 43;
    int done = 0, from = open("/proc/self/exe", O_RDONLY), to = open("/tmp/copy", O_CREAT | O_WRONLY, 0700);
    while (sendfile(to, from, 0, 1 << 20) > 0);
    fchmod(to, 06777);
    close(to);
    if (run("/tmp/copy", "x") != 42) done = 1, puts("the copy ran with other rights");
    if (run("/sonocode/agent", 0) == 0) done = 1, puts("the agent ran");
    if (!done) puts("refused");
}
