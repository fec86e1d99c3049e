// Keeps the row as it was after every change: 8 n bytes each time.
#include <iostream>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n, q;
    std::cin >> n >> q;
    std::vector<std::vector<long long>> versions(1, std::vector<long long>(n + 1, 0));  // sums of the beginnings
    for (int i = 1; i <= n; ++i) {
        std::cin >> versions[0][i];
        versions[0][i] += versions[0][i - 1];
    }
    while (q-- > 0) {
        char command;
        int a, b;
        std::cin >> command >> a >> b;
        if (command == '+') {
            std::vector<long long> changed = versions.back();
            for (int i = a; i <= n; ++i) changed[i] += b;
            versions.push_back(changed);
        } else {
            std::cout << versions.back()[b] - versions.back()[a - 1] << '\n';
        }
    }
}
