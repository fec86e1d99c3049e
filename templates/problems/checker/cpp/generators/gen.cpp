// Prints a random number: gen LEAST MOST SEED. The same arguments always print the same.
#include <cstdio>
#include <cstdlib>
#include <random>

int main(int argc, char **argv) {
    if (argc != 4) return 1;
    long long least = std::atoll(argv[1]), most = std::atoll(argv[2]);
    std::mt19937_64 random(std::strtoull(argv[3], nullptr, 10));
    std::printf("%lld\n", least + static_cast<long long>(random() % (most - least + 1)));
}
