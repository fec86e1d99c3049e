// Takes the answer into the program, or into the compiler's messages. PATH is filled in by the test
// with the place of the answer on the host.
#include <stdio.h>

__asm__(".data\n.globl answer\nanswer: .incbin \"PATH\"\n.byte 0");
extern char answer[];
#include "PATH"

int main(void) { puts(answer); }
