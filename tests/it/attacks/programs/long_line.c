// One line of ten megabytes.
#include <stdio.h>

int main(void) {
    for (int i = 0; i < 10000000; i++) putchar('x');
    putchar('\n');
}
