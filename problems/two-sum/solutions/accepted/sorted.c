/* Sorts (value, position) and looks every complement up by binary search. */
#include <stdio.h>
#include <stdlib.h>

struct entry {
    long long value;
    int position;
};

static struct entry sorted[200000];
static long long a[200000];

static int compare(const void *left, const void *right) {
    const struct entry *x = left, *y = right;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return x->position - y->position;
}

int main(void) {
    int n;
    long long target;
    if (scanf("%d %lld", &n, &target) != 2) return 1;
    for (int i = 0; i < n; i++) {
        if (scanf("%lld", &a[i]) != 1) return 1;
        sorted[i].value = a[i];
        sorted[i].position = i;
    }
    qsort(sorted, n, sizeof sorted[0], compare);
    for (int j = 0; j < n; j++) {
        long long need = target - a[j];
        int low = 0, high = n;
        while (low < high) {
            int middle = (low + high) / 2;
            if (sorted[middle].value < need) low = middle + 1;
            else high = middle;
        }
        if (low < n && sorted[low].value == need && sorted[low].position < j) {
            printf("%d %d\n", sorted[low].position, j);
            return 0;
        }
    }
    printf("-1\n");
    return 0;
}
