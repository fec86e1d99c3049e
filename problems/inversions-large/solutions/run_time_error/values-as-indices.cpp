// Counts in a segment tree with one leaf for each of the values 1 to n: at() throws for any other value.
#include <iostream>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n;
    std::cin >> n;
    std::vector<int> tree(2 * n, 0);
    long long count = 0;
    for (int i = 0; i < n; ++i) {
        int x;
        std::cin >> x;
        for (int k = n + x - 1; k != 0; k /= 2) ++tree.at(k);
        for (int l = n + x, r = 2 * n; l < r; l /= 2, r /= 2) {
            if (l % 2 == 1) count += tree[l++];
            if (r % 2 == 1) count += tree[--r];
        }
    }
    std::cout << count << '\n';
}
