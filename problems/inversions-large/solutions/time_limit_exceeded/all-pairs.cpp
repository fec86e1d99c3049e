// Right, but it looks at all pairs: 125 000 000 000 of them when n = 500 000.
#include <iostream>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n;
    std::cin >> n;
    std::vector<int> a(n);
    for (int &x : a) std::cin >> x;
    long long count = 0;
    for (int j = 0; j < n; ++j)
        for (int i = 0; i < j; ++i)
            if (a[i] > a[j]) ++count;
    std::cout << count << '\n';
}
