// Right, but for each number it looks at all numbers before it: 20 000 000 000 steps when n = 200 000.
#include <algorithm>
#include <iostream>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n;
    std::cin >> n;
    std::vector<int> a(n), length(n, 1);
    int answer = 0;
    for (int i = 0; i < n; ++i) {
        std::cin >> a[i];
        for (int j = 0; j < i; ++j)
            if (a[j] < a[i]) length[i] = std::max(length[i], length[j] + 1);
        answer = std::max(answer, length[i]);
    }
    std::cout << answer << '\n';
}
