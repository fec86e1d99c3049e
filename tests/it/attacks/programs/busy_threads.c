// Burns CPU time in four threads at once while the first one only waits.
#include <pthread.h>
#include <unistd.h>

static void *spin(void *unused) {
    for (volatile long i = 0;; i++);
    return unused;
}

int main(void) {
    pthread_t thread;
    for (int i = 0; i < 4; i++) pthread_create(&thread, 0, spin, 0);
    for (;;) pause();
}
