/* Wrong: sums in 32 bits, enough for all but the last group. 60 points. */
#include <stdio.h>

int main(void) {
    int n;
    unsigned day, here = 0;
    int best = 0, first = 1;
    scanf("%d", &n);
    while (n--) {
        scanf("%d", (int *)&day);
        here = (first || (int)here < 0) ? day : here + day;
        if (first || (int)here > best) best = (int)here;
        first = 0;
    }
    printf("%d\n", best);
}
