// Uses std::unordered_map without its header.
#include <iostream>

int main() {
    int n;
    long long target;
    std::cin >> n >> target;
    std::unordered_map<long long, int> first;
    for (int j = 0; j < n; ++j) {
        long long x;
        std::cin >> x;
        if (first.count(target - x)) {
            std::cout << first[target - x] << ' ' << j << '\n';
            return 0;
        }
        first.emplace(x, j);
    }
    std::cout << -1 << '\n';
}
