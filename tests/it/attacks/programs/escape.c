// Every system call that makes or enters a namespace, changes mounts, or leads into parts of the
// kernel that a judged program has no business with.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int done;

static void refused(const char *what, long result) {
    if (result == -1) return;
    done = 1;
    puts(what);
}

// A process that was made must not count as "refused", nor live on.
static void refused_clone(const char *what, long result) {
    if (result == 0) _exit(0);
    refused(what, result);
}

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

int main(void) {
    char zeros[256] = {0};
    refused("mount", mount("tmpfs", "/tmp", "tmpfs", 0, 0));
    refused("bind mount", mount("/usr", "/tmp", 0, MS_BIND, 0));
    refused("remount", mount(0, "/box", 0, MS_REMOUNT | MS_BIND, 0));
    refused("mount proc", mount("proc", "/tmp", "proc", 0, 0));
    refused("umount", umount2("/tmp", MNT_DETACH));
    refused("pivot_root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
    refused("chroot", chroot("/tmp"));
    refused("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
    refused("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1));
    refused("move_mount", syscall(SYS_move_mount, AT_FDCWD, "/tmp", AT_FDCWD, "/box", 0));
    refused("fspick", syscall(SYS_fspick, AT_FDCWD, "/box", 0));
    refused("mount_setattr", syscall(SYS_mount_setattr, AT_FDCWD, "/box", 0, zeros, 32));
    int spaces[] = {CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP, 0x80};
    for (int i = 0; i < 8; i++) {
        refused("unshare", unshare(spaces[i]));
        refused("unshare in a user namespace", unshare(CLONE_NEWUSER | spaces[i]));
        // 0x80 is CLONE_NEWTIME, but the signal's number here.
        if (i < 7) refused_clone("clone", syscall(SYS_clone, spaces[i] | SIGCHLD, 0, 0, 0, 0));
        struct clone_args more = {.flags = spaces[i], .exit_signal = SIGCHLD};
        refused_clone("clone3", syscall(SYS_clone3, &more, sizeof more));
    }
    struct clone_args plain = {.exit_signal = SIGCHLD};
    refused_clone("clone3 without flags", syscall(SYS_clone3, &plain, sizeof plain));
    int own = open("/proc/self/ns/pid", O_RDONLY);
    refused("setns", syscall(SYS_setns, own, 0));
    refused("ptrace", syscall(SYS_ptrace, 0, 0, 0, 0));
    refused("io_uring_setup", syscall(SYS_io_uring_setup, 1, zeros));
    refused("bpf", syscall(SYS_bpf, 0, zeros, sizeof zeros));
    refused("perf_event_open", syscall(SYS_perf_event_open, zeros, 0, -1, -1, 0));
    refused("userfaultfd", syscall(SYS_userfaultfd, 0));
    refused("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -1));
    refused("keyctl", syscall(SYS_keyctl, 0, -1, 1));
    refused("request_key", syscall(SYS_request_key, "user", "x", 0, 0));
    refused("personality", syscall(SYS_personality, 0x0040000));
    refused("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, zeros, 0));
    refused("name_to_handle_at", syscall(SYS_name_to_handle_at, AT_FDCWD, "/", zeros, zeros, 0));
    refused("fanotify_init", syscall(SYS_fanotify_init, 0, 0));
    refused("sethostname", sethostname("x", 1));
    refused("setdomainname", setdomainname("x", 1));
    refused("settimeofday", syscall(SYS_settimeofday, zeros, 0));
    refused("clock_settime", syscall(SYS_clock_settime, 0, zeros));
    refused("adjtimex", syscall(SYS_adjtimex, zeros));
    refused("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0, 0));
    refused("init_module", syscall(SYS_init_module, zeros, 1, ""));
    refused("finit_module", syscall(SYS_finit_module, 0, "", 0));
    refused("delete_module", syscall(SYS_delete_module, "x", 0));
    refused("kexec_load", syscall(SYS_kexec_load, 0, 0, 0, 0));
    refused("syslog", syscall(SYS_syslog, 3, zeros, sizeof zeros));
    refused("acct", syscall(SYS_acct, "/tmp/x"));
    refused("swapon", syscall(SYS_swapon, "/tmp/x", 0));
    refused("quotactl", syscall(SYS_quotactl, 0, "/", 0, zeros));
    refused("quotactl_fd", syscall(SYS_quotactl_fd, 0, 0, 0, zeros));
    refused("vhangup", syscall(SYS_vhangup));
    refused("sync", syscall(SYS_sync));
    refused("syncfs", syscall(SYS_syncfs, open("/usr", O_RDONLY)));
    refused("setuid", setuid(0));
    refused("setgid", setgid(0));
    refused("setgroups", syscall(SYS_setgroups, 1, zeros));
    refused("setresuid", syscall(SYS_setresuid, -1, 0, -1));
    refused("mknod", syscall(SYS_mknodat, AT_FDCWD, "/tmp/kmem", 020666, 1 << 8 | 2));
#ifdef __x86_64__
    refused("iopl", syscall(SYS_iopl, 3));
    refused("ioperm", syscall(SYS_ioperm, 0x80, 1, 1));
    refused("modify_ldt", syscall(SYS_modify_ldt, 1, zeros, 16));
#endif
    // Among them netlink (16), packet (17), vsock (40), the kernel's cryptography (38) and TIPC (30).
    for (int family = 0; family < 46; family++) {
        char text[64];
        int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET}, two[2];
        snprintf(text, sizeof text, "socket of family %d", family);
        for (int i = 0; i < 4 && family != AF_UNIX; i++) {
            refused(text, socket(family, types[i], 0));
            refused(text, socketpair(family, types[i], 0, two));
        }
    }
    if (!done) puts("refused");
}
