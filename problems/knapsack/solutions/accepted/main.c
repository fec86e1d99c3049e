/* The whole table, one row for each thing. */
#include <stdio.h>

static long long best[201][20001];

int main(void) {
    int n, capacity;
    if (scanf("%d %d", &n, &capacity) != 2) return 1;
    for (int i = 1; i <= n; i++) {
        int weight;
        long long value;
        if (scanf("%d %lld", &weight, &value) != 2) return 1;
        for (int c = 0; c <= capacity; c++) {
            best[i][c] = best[i - 1][c];
            if (c >= weight && best[i - 1][c - weight] + value > best[i][c])
                best[i][c] = best[i - 1][c - weight] + value;
        }
    }
    printf("%lld\n", best[n][capacity]);
    return 0;
}
