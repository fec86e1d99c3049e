/* From the highest bit down: the largest number below the judge's is built up. */
#include <stdio.h>
#include <string.h>

int main(void) {
    long long n, below = 0;
    char reply[16];
    scanf("%lld", &n);
    for (long long bit = 1LL << 29; bit; bit /= 2) {
        if (below + bit > n) continue;
        printf("%lld\n", below + bit);
        fflush(stdout);
        if (scanf("%15s", reply) != 1) return 1;
        if (!strcmp(reply, "correct")) return 0;
        if (!strcmp(reply, "higher")) below += bit;
    }
    return 1;
}
