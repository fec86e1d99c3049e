#include <iostream>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n, q;
    std::cin >> n >> q;
    std::vector<long long> tree(n + 1, 0);  // a Fenwick tree
    auto add = [&](int i, long long x) {
        for (; i <= n; i += i & -i) tree[i] += x;
    };
    auto sum = [&](int i) {
        long long total = 0;
        for (; i > 0; i -= i & -i) total += tree[i];
        return total;
    };
    for (int i = 1; i <= n; ++i) {
        long long x;
        std::cin >> x;
        add(i, x);
    }
    while (q-- > 0) {
        char command;
        long long a, b;
        std::cin >> command >> a >> b;
        if (command == '+') add(a, b);
        else std::cout << sum(b) - sum(a - 1) << '\n';
    }
}
