
// The first test leaves all that can be left; the others look for it.
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>

// In flight in its own queue, a socket is held by nobody who could be asked to close it.
static void send_itself(int socket) {
    char byte = 'x', room[CMSG_SPACE(sizeof socket)] = {0};
    struct iovec piece = {&byte, 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET, head->cmsg_type = SCM_RIGHTS, head->cmsg_len = CMSG_LEN(sizeof socket);
    memcpy(CMSG_DATA(head), &socket, sizeof socket);
    sendmsg(socket, &message, 0);
}

static int named_socket(const char *name, int type) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t length = offsetof(struct sockaddr_un, sun_path) + 1 + sprintf(address.sun_path + 1, "%s", name);
    int fd = socket(AF_UNIX, type, 0);
    bind(fd, (struct sockaddr *)&address, length);
    if (type == SOCK_STREAM) listen(fd, 5);
    else connect(fd, (struct sockaddr *)&address, length);
    return fd;
}

static void leave(void) {
    close(open("/tmp/left", O_CREAT | O_WRONLY, 0666));
    close(open("/dev/shm/left", O_CREAT | O_WRONLY, 0666));
    symlink("/etc/shadow", "/tmp/left-link");
    mkdir("/tmp/left-folder", 0);
    shmget(0x1ef7, 4096, IPC_CREAT | 0666);
    semget(0x1ef7, 3, IPC_CREAT | 0666);
    int queue = msgget(0x1ef7, IPC_CREAT | 0666);
    struct { long type; char text[8]; } letter = {1, "left"};
    msgsnd(queue, &letter, 8, IPC_NOWAIT);
    mq_open("/left", O_CREAT | O_RDWR, 0666, 0);
    for (int i = 0; i < 100; i++) {
        char name[64];
        sprintf(name, "left-in-flight-%d", i);
        int fd = named_socket(name, SOCK_DGRAM);
        send_itself(fd);
        close(fd);
    }
    // A closed TCP connection stays in the kernel for a minute.
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(5000)};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int door = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(door, (struct sockaddr *)&here, sizeof here) == 0 && listen(door, 1) == 0) {
        int client = socket(AF_INET, SOCK_STREAM, 0);
        connect(client, (struct sockaddr *)&here, sizeof here);
        close(client);
    }
    // A daemon with an abstract socket, a terminal and standard output.
    int ready[2];
    char byte;
    pipe(ready);
    if (fork() == 0) {
        setsid();
        if (fork()) _exit(0);
        for (int s = 1; s < 65; s++) signal(s, SIG_IGN);
        named_socket("left", SOCK_STREAM);
        open("/dev/ptmx", O_RDWR);
        write(ready[1], "x", 1);
        for (;;) pause();
    }
    read(ready[0], &byte, 1);
}

int main(void) {
    int test = 0;
    scanf("%d", &test);
    if (test == 1) leave();
    else look();
    if (!found) puts("clean");
}
