// Reads `+ i x` as "put x into box i".
#include <iostream>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n, q;
    std::cin >> n >> q;
    std::vector<long long> tree(2 * n, 0);
    for (int i = 0; i < n; ++i) std::cin >> tree[n + i];
    for (int i = n - 1; i > 0; --i) tree[i] = tree[2 * i] + tree[2 * i + 1];
    while (q-- > 0) {
        char command;
        int a, b;
        std::cin >> command >> a >> b;
        if (command == '+') {
            int i = n + a - 1;
            tree[i] = b;
            while (i /= 2) tree[i] = tree[2 * i] + tree[2 * i + 1];
        } else {
            long long sum = 0;
            for (int l = n + a - 1, r = n + b; l < r; l /= 2, r /= 2) {
                if (l % 2 == 1) sum += tree[l++];
                if (r % 2 == 1) sum += tree[--r];
            }
            std::cout << sum << '\n';
        }
    }
}
