/* The brackets of this program are not balanced themselves. */
#include <stdio.h>

int main(void) {
    char line[500002];
    int k;
    if (scanf("%d", &k) != 1) return 1;
    while (k-- > 0) {
        if (scanf("%500001s", line) != 1) return 1;
        puts("yes");
    return 0;
}
