#include <algorithm>
#include <iostream>
#include <vector>

int main() {
    int n, capacity;
    std::cin >> n >> capacity;
    std::vector<long long> best(capacity + 1, 0);  // best[c]: the greatest worth within c grams
    for (int i = 0; i < n; ++i) {
        int weight;
        long long value;
        std::cin >> weight >> value;
        for (int c = capacity; c >= weight; --c) best[c] = std::max(best[c], best[c - weight] + value);
    }
    std::cout << best[capacity] << '\n';
}
