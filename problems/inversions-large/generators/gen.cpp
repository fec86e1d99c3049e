// gen KIND N SEED: a sequence of N integers.
//
// shuffled  random integers of the whole range
// falling   strictly falling, so that every pair is an inversion
// few       random integers of 1 to 9
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

static std::uint64_t state;

// splitmix64
static std::uint64_t next() {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        std::cerr << "usage: gen KIND N SEED\n";
        return 2;
    }
    const std::string kind = argv[1];
    const long long n = std::atoll(argv[2]);
    state = std::strtoull(argv[3], nullptr, 10);
    std::string out = std::to_string(n) + '\n';
    for (long long i = 0; i < n; ++i) {
        long long x;
        if (kind == "shuffled") x = static_cast<long long>(next() % 2000000001) - 1000000000;
        else if (kind == "falling") x = 1000000000 - 4000 * i + static_cast<long long>(next() % 4000) - 4000;
        else x = static_cast<long long>(next() % 9) + 1;
        out += std::to_string(x);
        out += i + 1 < n ? ' ' : '\n';
    }
    std::cout << out;
}
