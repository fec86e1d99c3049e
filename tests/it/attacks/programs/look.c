// Looks for anything that an earlier program may have left: each find is printed.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int found;

static void find(const char *where, const char *what) {
    if (found++ < 20) printf("%s: %s\n", where, what);
}

// Entries of a folder beside the expected ones, which are separated and surrounded by spaces.
static void look_into(const char *folder, const char *expected) {
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char word[300];
        snprintf(word, sizeof word, " %s ", entry->d_name);
        if (!strstr(expected, word) && strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) find(folder, entry->d_name);
    }
    if (dir) closedir(dir);
}

// Lines of a table of the kernel beside its head.
static void look_at_lines(const char *table, int head) {
    FILE *file = fopen(table, "r");
    char line[512];
    for (int i = 0; file && fgets(line, sizeof line, file); i++)
        if (i >= head) find(table, line);
    if (file) fclose(file);
}

static void look(void) {
    char line[512], number[32];
    look_into("/tmp", "");
    look_into("/dev/shm", "");
    look_into("/dev/mqueue", "");
    look_into("/dev/pts", " ptmx ");
    look_into("/box", " main main.c ");
    const char *tables[] = {"/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg", "/proc/net/unix", "/proc/net/tcp", "/proc/net/udp", "/proc/net/tcp6", "/proc/net/udp6"};
    for (int i = 0; i < 8; i++) look_at_lines(tables[i], 1);
    FILE *interfaces = fopen("/proc/net/dev", "r");
    while (interfaces && fgets(line, sizeof line, interfaces)) {
        unsigned long received = 0;
        if (sscanf(line, " lo: %lu", &received) == 1 && received) find("/proc/net/dev", line);
    }
    if (interfaces) fclose(interfaces);
    if (mq_open("/left", O_RDONLY) >= 0) find("message queue", "/left");
    if (getpid() != 2) sprintf(number, "%d", getpid()), find("own pid", number);
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes && (entry = readdir(processes));)
        if (entry->d_name[0] > '0' && entry->d_name[0] <= '9' && strcmp(entry->d_name, "1") && strcmp(entry->d_name, "2")) find("process", entry->d_name);
    if (processes) closedir(processes);
    for (int fd = 3; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0) sprintf(number, "%d", fd), find("descriptor", number);
    FILE *limits = fopen("/proc/self/status", "r");
    while (limits && fgets(line, sizeof line, limits)) {
        if (!strncmp(line, "CapEff:", 7) && strspn(line + 8, "0\n") != strlen(line + 8)) find("capabilities", line);
        if (!strncmp(line, "NoNewPrivs:", 11) && line[12] != '1') find("privileges", line);
        if (!strncmp(line, "Seccomp:", 8) && line[9] != '2') find("seccomp", line);
        if (!strncmp(line, "Uid:", 4) && !strstr(line, "60606\t60606\t60606\t60606")) find("user", line);
        if (!strncmp(line, "SigBlk:", 7) && strspn(line + 8, "0\n") != strlen(line + 8)) find("blocked signals", line);
    }
    if (limits) fclose(limits);
}
