// Prints n random integers: gen N LEAST MOST SEED. The same arguments always print the same.
#include <cstdio>
#include <cstdlib>
#include <random>

int main(int argc, char **argv) {
    if (argc != 5) return 1;
    int n = std::atoi(argv[1]);
    long long least = std::atoll(argv[2]), most = std::atoll(argv[3]);
    std::mt19937_64 random(std::strtoull(argv[4], nullptr, 10));
    std::printf("%d\n", n);
    for (int i = 0; i < n; i++) {
        long long value = least + static_cast<long long>(random() % (most - least + 1));
        std::printf("%lld%c", value, i + 1 < n ? ' ' : '\n');
    }
}
