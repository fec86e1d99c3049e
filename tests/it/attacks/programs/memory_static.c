// One static array, larger than the limit.
static char array[256 << 20];

int main(void) {
    for (unsigned long i = 0; i < sizeof array; i += 4096) ((volatile char *)array)[i] = 1;
}
