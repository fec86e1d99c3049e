// Remembers the last position of a value, not the first: the wrong i when a value repeats.
#include <iostream>
#include <unordered_map>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n;
    long long target;
    std::cin >> n >> target;
    std::unordered_map<long long, int> seen;
    for (int j = 0; j < n; ++j) {
        long long x;
        std::cin >> x;
        auto it = seen.find(target - x);
        if (it != seen.end()) {
            std::cout << it->second << ' ' << j << '\n';
            return 0;
        }
        seen[x] = j;
    }
    std::cout << -1 << '\n';
}
