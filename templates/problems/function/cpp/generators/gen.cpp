// Prints n random integers from 0 to MOST: gen N MOST SEED [TAIL]. With TAIL the last ones are equal.
#include <cstdio>
#include <cstdlib>
#include <random>

int main(int argc, char **argv) {
    if (argc < 4) return 1;
    int n = std::atoi(argv[1]);
    long long most = std::atoll(argv[2]);
    std::mt19937_64 random(std::strtoull(argv[3], nullptr, 10));
    int tail = argc > 4 ? std::atoi(argv[4]) : 0;
    std::printf("%d\n", n);
    for (int i = 0; i < n; i++) {
        long long value = i < n - tail ? static_cast<long long>(random() % (most + 1)) : most;
        std::printf("%lld%c", value, i + 1 < n ? ' ' : '\n');
    }
}
