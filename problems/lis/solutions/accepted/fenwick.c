/* Another way: for each value in order, the best length so far over all smaller values, in a Fenwick tree of maxima. */
#include <stdio.h>
#include <stdlib.h>

static int a[200000], sorted[200000], best[200001];

static int compare(const void *left, const void *right) {
    int x = *(const int *)left, y = *(const int *)right;
    return (x > y) - (x < y);
}

int main(void) {
    int n;
    if (scanf("%d", &n) != 1) return 1;
    for (int i = 0; i < n; i++) {
        if (scanf("%d", &a[i]) != 1) return 1;
        sorted[i] = a[i];
    }
    qsort(sorted, n, sizeof sorted[0], compare);
    int answer = 0;
    for (int i = 0; i < n; i++) {
        int low = 0, high = n; /* how many values are smaller than a[i] */
        while (low < high) {
            int middle = (low + high) / 2;
            if (sorted[middle] < a[i]) low = middle + 1;
            else high = middle;
        }
        int length = 0;
        for (int k = low; k > 0; k -= k & -k)
            if (best[k] > length) length = best[k];
        length++;
        for (int k = low + 1; k <= n; k += k & -k)
            if (best[k] < length) best[k] = length;
        if (length > answer) answer = length;
    }
    printf("%d\n", answer);
    return 0;
}
