// Tries to write to the kernel's own files: settings, control groups, its own limits.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int done;

static void put(const char *path, const char *text) {
    int file = open(path, O_WRONLY);
    if (file < 0) return;
    if (write(file, text, strlen(text)) > 0) done = 1, printf("wrote %s\n", path);
    close(file);
}

int main(void) {
    const char *paths[] = {
        "/sys/fs/cgroup/memory/tasks", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/pids/tasks",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/hostname", "/proc/sys/kernel/shmmax", "/proc/sys/vm/overcommit_memory",
        "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger", "/proc/1/oom_score_adj", "/proc/1/comm",
        "/proc/self/uid_map", "/proc/self/gid_map", "/proc/mtrr", "/proc/1/autogroup",
        "/proc/sys/net/ipv4/ip_forward", "/proc/sys/user/max_user_namespaces", "/dev/kmsg", "/dev/mem",
    };
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) put(paths[i], "0");
    put("/proc/self/oom_score_adj", "-1000");
    struct stat info;
    if (stat("/sys/fs", &info) == 0) done = 1, puts("/sys is there");
    struct rlimit limit;
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        getrlimit(i, &limit);
        if (limit.rlim_max == RLIM_INFINITY) continue;
        limit.rlim_cur = limit.rlim_max = limit.rlim_max + 1;
        if (setrlimit(i, &limit) == 0) done = 1, printf("raised limit %d\n", i);
    }
    if (setpriority(PRIO_PROCESS, 0, -1) == 0) done = 1, puts("raised its priority");
    struct sched_param realtime = {1};
    if (sched_setscheduler(0, SCHED_FIFO, &realtime) == 0) done = 1, puts("real time");
    // /proc shows figures of the kernel; nobody can write them.
    if (open("/proc/kcore", O_RDONLY) >= 0) done = 1, puts("kcore");
    if (open("/proc/kmsg", O_RDONLY | O_NONBLOCK) >= 0) done = 1, puts("kmsg");
    if (!done) puts("refused");
}
