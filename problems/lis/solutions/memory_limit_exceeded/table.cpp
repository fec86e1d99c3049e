// best[i][p]: the most that can be taken from position i on when position p - 1 was taken last. n² integers.
#include <algorithm>
#include <iostream>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n;
    std::cin >> n;
    std::vector<int> a(n);
    for (int &x : a) std::cin >> x;
    std::vector<std::vector<int>> best(n + 1, std::vector<int>(n + 1, 0));
    for (int i = n - 1; i >= 0; --i) {
        for (int p = 0; p <= i; ++p) {
            best[i][p] = best[i + 1][p];
            if (p == 0 || a[p - 1] < a[i]) best[i][p] = std::max(best[i][p], 1 + best[i + 1][i + 1]);
        }
    }
    std::cout << best[0][0] << '\n';
}
