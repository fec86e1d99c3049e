/* The sums are kept in 32 bits (unsigned, so that they wrap around by the rules of the language). */
#include <stdio.h>

static unsigned tree[100001];
static int n;

static void add(int i, unsigned x) {
    for (; i <= n; i += i & -i) tree[i] += x;
}

static unsigned sum(int i) {
    unsigned total = 0;
    for (; i > 0; i -= i & -i) total += tree[i];
    return total;
}

int main(void) {
    int q;
    if (scanf("%d %d", &n, &q) != 2) return 1;
    for (int i = 1; i <= n; i++) {
        int x;
        if (scanf("%d", &x) != 1) return 1;
        add(i, (unsigned)x);
    }
    while (q-- > 0) {
        char command;
        int a, b;
        if (scanf(" %c %d %d", &command, &a, &b) != 3) return 1;
        if (command == '+') add(a, (unsigned)b);
        else printf("%d\n", (int)(sum(b) - sum(a - 1)));
    }
    return 0;
}
