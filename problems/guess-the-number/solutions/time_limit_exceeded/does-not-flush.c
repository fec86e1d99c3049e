/* Idle: the guess stays in its own buffer, and both sides wait. */
#include <stdio.h>
#include <string.h>

int main(void) {
    long long low = 1, high;
    char reply[16] = "";
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    scanf("%lld", &high);
    while (strcmp(reply, "correct")) {
        long long guess = (low + high) / 2;
        printf("%lld\n", guess);
        if (scanf("%15s", reply) != 1) return 1;
        if (!strcmp(reply, "higher")) low = guess + 1;
        else high = guess - 1;
    }
    return 0;
}
