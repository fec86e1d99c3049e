// Makes as many empty files as it can.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    int count = 0;
    for (char name[64]; count < 200000; count++) {
        sprintf(name, "/tmp/%d", count);
        int file = open(name, O_CREAT | O_WRONLY, 0600);
        if (file < 0) break;
        close(file);
    }
    if (count > 70000) printf("%d files\n", count);
    else puts("refused");
}
