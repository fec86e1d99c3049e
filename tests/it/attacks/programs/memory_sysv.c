// System V shared memory, touched and let go again: it belongs to no process.
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

int main(void) {
    for (int i = 0; i < 64; i++) {
        int id = shmget(IPC_PRIVATE, 8 << 20, IPC_CREAT | 0600);
        char *at = shmat(id, 0, 0);
        if (at == (char *)-1) return 3;
        memset(at, 1, 8 << 20);
        shmdt(at);
    }
    puts("had it all");
}
