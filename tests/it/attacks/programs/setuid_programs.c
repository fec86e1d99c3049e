// Runs what the host's toolchain folders hold of programs that would run as root.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    int done = 0;
    const char *folders[] = {"/usr/bin", "/usr/sbin", "/usr/lib/openssh", "/usr/lib/dbus-1.0"};
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) done = 1, puts("new privileges can be had");
    for (int i = 0; i < 4; i++) {
        DIR *dir = opendir(folders[i]);
        for (struct dirent *entry; dir && (entry = readdir(dir));) {
            char path[512];
            snprintf(path, sizeof path, "%s/%s", folders[i], entry->d_name);
            struct stat info;
            if (stat(path, &info) != 0 || !(info.st_mode & S_ISUID)) continue;
            int out[2];
            pipe(out);
            pid_t child = fork();
            if (child == 0) {
                dup2(open("/dev/null", O_RDWR), 0), dup2(out[1], 1), dup2(out[1], 2);
                // `su -c id`, `mount -c id`, `newgrp -c id`: none may say that it is root.
                execl(path, path, "-c", "/usr/bin/id", (char *)0);
                _exit(99);
            }
            close(out[1]);
            char text[4096] = "";
            for (ssize_t at = 0, count; (count = read(out[0], text + at, sizeof text - 1 - at)) > 0;) at += count;
            int status;
            waitpid(child, &status, 0);
            close(out[0]);
            if (strstr(text, "uid=0") || strstr(text, "euid=0")) done = 1, puts(path);
        }
        if (dir) closedir(dir);
    }
    if (!done) puts("refused");
}
