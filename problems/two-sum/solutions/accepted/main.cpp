#include <iostream>
#include <unordered_map>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n;
    long long target;
    std::cin >> n >> target;
    std::unordered_map<long long, int> first;  // value -> the first position that holds it
    first.reserve(2 * n);
    for (int j = 0; j < n; ++j) {
        long long x;
        std::cin >> x;
        auto it = first.find(target - x);
        if (it != first.end()) {
            std::cout << it->second << ' ' << j << '\n';
            return 0;
        }
        first.emplace(x, j);
    }
    std::cout << -1 << '\n';
}
