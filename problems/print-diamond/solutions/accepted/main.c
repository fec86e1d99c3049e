#include <stdio.h>
#include <stdlib.h>

int main(void) {
    int n;
    if (scanf("%d", &n) != 1) return 1;
    for (int row = 0; row < 2 * n - 1; row++) {
        int i = n - 1 - abs(n - 1 - row);
        char letter = (char)('A' + i % 26);
        if (i == 0) printf("%*c\n", n, letter);
        else printf("%*c%*c\n", n - i, letter, 2 * i, letter);
    }
    return 0;
}
