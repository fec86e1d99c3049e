// An initialised array of four gigabytes.
char array[1L << 32] = {1};

int main(void) { return array[12345]; }
