#include <stdbool.h>
#include <stdio.h>

static char line[500002];
static char expected[500002];

static bool balanced(void) {
    int depth = 0;
    for (const char *c = line; *c; c++) {
        switch (*c) {
            case '(': expected[depth++] = ')'; break;
            case '[': expected[depth++] = ']'; break;
            case '{': expected[depth++] = '}'; break;
            default:
                if (depth == 0 || expected[--depth] != *c) return false;
        }
    }
    return depth == 0;
}

int main(void) {
    int k;
    if (scanf("%d", &k) != 1) return 1;
    while (k-- > 0) {
        if (scanf("%500001s", line) != 1) return 1;
        puts(balanced() ? "yes" : "no");
    }
    return 0;
}
