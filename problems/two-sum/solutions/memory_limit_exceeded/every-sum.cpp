// Writes down the sum of every pair before it looks for the target: 16 bytes for each of n²/2 pairs.
#include <iostream>
#include <vector>

struct Pair {
    long long sum;
    int i, j;
};

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n;
    long long target;
    std::cin >> n >> target;
    std::vector<long long> a(n);
    for (auto &x : a) std::cin >> x;
    std::vector<Pair> pairs;
    pairs.reserve(static_cast<std::size_t>(n) * (n - 1) / 2);
    for (int j = 0; j < n; ++j)
        for (int i = 0; i < j; ++i) pairs.push_back({a[i] + a[j], i, j});
    for (const Pair &pair : pairs) {
        if (pair.sum == target) {
            std::cout << pair.i << ' ' << pair.j << '\n';
            return 0;
        }
    }
    std::cout << -1 << '\n';
}
