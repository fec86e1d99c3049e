// Sends its standard output in a message to a socket, that socket to itself, and ends: the output is
// then held open by sockets that nobody can reach any more, until the kernel finds out.
#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void send_descriptor(int via, int fd) {
    char byte = 'x', room[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec piece = {&byte, 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET, head->cmsg_type = SCM_RIGHTS, head->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(head), &fd, sizeof fd);
    sendmsg(via, &message, 0);
}

int main(void) {
    for (int i = 0; i < 400; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0) break;
        send_descriptor(ends[0], ends[0]);
        send_descriptor(ends[0], ends[1]);
        send_descriptor(ends[1], ends[0]);
        send_descriptor(ends[1], 1);
        send_descriptor(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
    }
    puts("refused");
    return 0;
}
