// Null bytes and bytes that are no text, and one line of nearly a MiB.
#include <stdio.h>

int main(void) {
    for (int i = 0; i < 256; i++) putchar(i);
    for (int i = 0; i < 500; i++) putchar(0);
    for (int i = 0; i < 1000000; i++) putchar('x');
    putchar(0xff);
}
