// Right, but it looks at all n²/2 pairs: 20 000 000 000 of them when n = 200 000.
#include <iostream>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n;
    long long target;
    std::cin >> n >> target;
    std::vector<long long> a(n);
    for (auto &x : a) std::cin >> x;
    for (int j = 0; j < n; ++j) {
        for (int i = 0; i < j; ++i) {
            if (a[i] + a[j] == target) {
                std::cout << i << ' ' << j << '\n';
                return 0;
            }
        }
    }
    std::cout << -1 << '\n';
}
