/* Counts, for each number in turn, the greater ones before it in a Fenwick tree over the sorted values. */
#include <stdio.h>
#include <stdlib.h>

static int a[500000], sorted[500000], tree[500001];

static int compare(const void *left, const void *right) {
    int x = *(const int *)left, y = *(const int *)right;
    return (x > y) - (x < y);
}

static int read_int(void) {
    int c = getchar(), negative = 0, value = 0;
    while (c != '-' && (c < '0' || c > '9')) c = getchar();
    if (c == '-') {
        negative = 1;
        c = getchar();
    }
    for (; c >= '0' && c <= '9'; c = getchar()) value = 10 * value + (c - '0');
    return negative ? -value : value;
}

int main(void) {
    int n = read_int();
    for (int i = 0; i < n; i++) sorted[i] = a[i] = read_int();
    qsort(sorted, n, sizeof sorted[0], compare);
    long long count = 0;
    for (int i = 0; i < n; i++) {
        int low = 0, high = n; /* how many values are not greater than a[i] */
        while (low < high) {
            int middle = (low + high) / 2;
            if (sorted[middle] <= a[i]) low = middle + 1;
            else high = middle;
        }
        int not_greater = 0;
        for (int k = low; k > 0; k -= k & -k) not_greater += tree[k];
        count += i - not_greater;
        for (int k = low; k <= n; k += k & -k) tree[k]++;
    }
    printf("%lld\n", count);
    return 0;
}
