/* `total` is nowhere declared. */
#include <stdio.h>

static long long tree[100001];

static long long sum(int i) {
    for (; i > 0; i -= i & -i) total += tree[i];
    return total;
}

int main(void) {
    printf("%lld\n", sum(1));
    return 0;
}
