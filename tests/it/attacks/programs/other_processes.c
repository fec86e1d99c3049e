// Looks at process 1 and at everything else there is, signals it, traces it, reads its memory, takes
// its descriptors, changes its limits.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int done;

static void refused(const char *what, long result) {
    if (result == -1) return;
    done = 1;
    puts(what);
}

int main(void) {
    const char *parts[] = {
        "mem", "environ", "maps", "fd", "root", "cwd", "exe", "stack", "syscall", "auxv", "io", "pagemap",
        "map_files", "personality", "fdinfo", "ns/pid", "ns/mnt", "ns/net", "timers", "task/1/fd",
    };
    char name[64], link[64];
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(name, sizeof name, "/proc/1/%s", parts[i]);
        int opened = open(name, O_RDONLY), listed = -1;
        // Opening some of these is allowed; reading is not.
        if (opened >= 0) listed = syscall(SYS_getdents64, opened, link, sizeof link) > 0 || read(opened, link, 1) > 0 ? 0 : -1;
        refused(name, listed);
        refused(name, readlink(name, link, sizeof link));
        snprintf(name, sizeof name, "/proc/1/fd/%d", i);
        refused(name, open(name, O_RDWR));
        refused(name, open(name, O_WRONLY));
        refused(name, open(name, O_RDONLY));
    }
    int others[] = {1, getppid()};
    struct iovec here = {name, sizeof name}, there = {(void *)0x400000, sizeof name};
    for (int i = 0; i < 2; i++) {
        int pid = others[i];
        for (int s = 0; s < 65; s++) refused("kill", kill(pid, s));
        refused("ptrace attach", ptrace(PTRACE_ATTACH, pid, 0, 0));
        refused("ptrace seize", ptrace(PTRACE_SEIZE, pid, 0, 0));
        refused("process_vm_readv", process_vm_readv(pid, &here, 1, &there, 1, 0));
        refused("process_vm_writev", process_vm_writev(pid, &here, 1, &there, 1, 0));
        int pidfd = syscall(SYS_pidfd_open, pid, 0);
        refused("pidfd_send_signal", syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, 0, 0));
        for (int fd = 0; fd < 32; fd++) refused("pidfd_getfd", syscall(SYS_pidfd_getfd, pidfd, fd, 0));
        refused("kcmp", syscall(SYS_kcmp, pid, getpid(), 0, 0, 0));
        struct rlimit limit = {0, 0};
        refused("prlimit", prlimit(pid, RLIMIT_NOFILE, &limit, 0));
        refused("setpriority", setpriority(PRIO_PROCESS, pid, 19));
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(0, &one);
        refused("sched_setaffinity", sched_setaffinity(pid, sizeof one, &one));
        refused("setns", syscall(SYS_setns, pidfd, 0));
    }
    refused("ptrace traceme", ptrace(PTRACE_TRACEME, 0, 0, 0));
    // Everybody but process 1 and itself: there is nobody.
    refused("kill -1", kill(-1, SIGKILL));
    // Nobody but process 1, itself and the `ls`-like readers of its own.
    for (int pid = 2; pid < 4096; pid++) {
        snprintf(name, sizeof name, "/proc/%d", pid);
        if (pid != getpid()) refused(name, access(name, F_OK));
    }
    if (!done) puts("refused");
}
