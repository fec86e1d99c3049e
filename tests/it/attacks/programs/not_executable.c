// Compiles, but what comes out cannot be executed: the kernel wants the name of the dynamic linker to
// end with a null byte, and this adds a byte after it.
#include <stdio.h>

__attribute__((section(".interp"), used)) static const char more[] = {'x'};

int main(void) {
    puts("refused");
}
