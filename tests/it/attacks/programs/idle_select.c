// Waits in select for nothing.
#include <sys/select.h>

int main(void) {
    for (;;) select(0, 0, 0, 0, 0);
}
