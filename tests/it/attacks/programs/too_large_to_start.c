// Compiles, but its memory is larger than any address space.
#include <stdio.h>

extern char array[];
__asm__(".section .bss\n.globl array\narray: .zero 0x400000000000");

int main(void) {
    puts("refused");
}
