// The same calls under the numbers of the x32 form.
#include <stdio.h>
#include <unistd.h>

int main(void) {
    printf("refused %ld\n", syscall(0x40000000L + 39));
}
