// Executes itself again and again with as many arguments as the kernel takes.
#include <string.h>
#include <unistd.h>

int main(void) {
    static char word[100000];
    static char *arguments[12];
    memset(word, 'x', sizeof word - 1);
    for (int i = 0; i < 11; i++) arguments[i] = word;
    for (;;) execv("/proc/self/exe", arguments);
}
