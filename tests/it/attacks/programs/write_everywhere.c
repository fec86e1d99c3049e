// Tries to write, make, replace, rename, link and change files everywhere but in /tmp and /dev/shm.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int done;

static void succeeded(const char *how, const char *where) {
    if (done++ < 5) printf("%s %s\n", how, where);
}

static void folder(const char *path) {
    char name[4096];
    snprintf(name, sizeof name, "%s/attack", path);
    if (open(name, O_CREAT | O_WRONLY, 0600) >= 0) succeeded("made", name);
    if (mkdir(name, 0700) == 0) succeeded("mkdir", name);
    if (symlink("/etc/shadow", name) == 0) succeeded("symlink", name);
    if (mkfifo(name, 0600) == 0) succeeded("mkfifo", name);
    if (link("/box/main", name) == 0) succeeded("link", name);
    if (open(path, O_TMPFILE | O_RDWR, 0600) >= 0) succeeded("nameless in", path);
    if (chmod(path, 0777) == 0) succeeded("chmod", path);
}

static void walk(const char *path, int depth) {
    folder(path);
    DIR *dir = opendir(path);
    if (!dir || depth == 0) return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char name[4096];
        if (entry->d_name[0] == '.') continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        struct stat info;
        if (lstat(name, &info) != 0) continue;
        int temporary = !strcmp(name, "//tmp") || !strcmp(name, "//dev/shm");
        if (S_ISDIR(info.st_mode) && !temporary) walk(name, depth - 1);
        if (!S_ISREG(info.st_mode)) continue;
        if (open(name, O_WRONLY) >= 0) succeeded("opened", name);
        if (truncate(name, 0) == 0) succeeded("truncated", name);
        if (rename(name, "/tmp/stolen") == 0) succeeded("renamed", name);
        if (chmod(name, 04777) == 0) succeeded("chmod", name);
        if (utimensat(AT_FDCWD, name, 0, 0) == 0) succeeded("touched", name);
    }
    closedir(dir);
}

int main(void) {
    const char *roots[] = {"/box", "/sonocode", "/etc", "/dev", "/run", "/sys", "/var", "/usr", "/proc/sys"};
    folder("/");
    for (int i = 0; i < 9; i++) {
        char name[64];
        snprintf(name, sizeof name, "/%s", roots[i]);
        // The file systems of toolchains are large; two levels of them are enough.
        walk(name, i < 7 ? 8 : i == 7 ? 2 : 1);
    }
    if (unlink("/box/main") == 0) succeeded("unlink", "/box/main");
    if (rename("/tmp", "/tmp2") == 0) succeeded("rename", "/tmp");
    if (!done) puts("refused");
}
