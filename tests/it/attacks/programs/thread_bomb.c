// Starts threads until no more can be had; all of them spin.
#include <pthread.h>

static void *spin(void *unused) {
    for (volatile long i = 0;; i++);
    return unused;
}

int main(void) {
    pthread_t thread;
    for (int i = 0; i < 100000; i++) pthread_create(&thread, 0, spin, 0);
    spin(0);
}
