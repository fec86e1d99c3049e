// Leaves asynchronous work on its standard output behind: the kernel's own AIO, signals and timers.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

int main(void) {
    aio_context_t context = 0;
    syscall(SYS_io_setup, 64, &context);
    static struct iocb polls[64];
    for (int i = 0; i < 64; i++) {
        struct iocb *one = &polls[i];
        one->aio_lio_opcode = 5; // IOCB_CMD_POLL
        one->aio_fildes = 0;
        one->aio_buf = 4; // POLLOUT
        if (i % 2) one->aio_fildes = 1, one->aio_buf = 1;
        syscall(SYS_io_submit, context, 1, &one);
    }
    fcntl(1, F_SETOWN, getpid());
    fcntl(1, F_SETFL, fcntl(1, F_GETFL) | O_ASYNC);
    for (int i = 0; i < 1000; i++) {
        timer_t timer;
        struct sigevent event = {.sigev_notify = SIGEV_NONE};
        if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) break;
    }
    signal(SIGIO, SIG_IGN);
    puts("refused");
    return 0;
}
