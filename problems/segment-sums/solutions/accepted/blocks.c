/* Blocks of 316 boxes, each with the sum of its boxes. */
#include <stdio.h>

#define SIZE 316

static long long a[100000], block[100000 / SIZE + 1];

static long long sum_before(int end) {
    long long sum = 0;
    for (int b = 0; b < end / SIZE; b++) sum += block[b];
    for (int i = end / SIZE * SIZE; i < end; i++) sum += a[i];
    return sum;
}

int main(void) {
    int n, q;
    if (scanf("%d %d", &n, &q) != 2) return 1;
    for (int i = 0; i < n; i++) {
        if (scanf("%lld", &a[i]) != 1) return 1;
        block[i / SIZE] += a[i];
    }
    while (q-- > 0) {
        char command;
        int first;
        long long second;
        if (scanf(" %c %d %lld", &command, &first, &second) != 3) return 1;
        if (command == '+') {
            a[first - 1] += second;
            block[(first - 1) / SIZE] += second;
        } else {
            printf("%lld\n", sum_before((int)second) - sum_before(first - 1));
        }
    }
    return 0;
}
