// Writes down all inversions and then tells how many they are: 8 bytes for each.
#include <iostream>
#include <utility>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n;
    std::cin >> n;
    std::vector<int> a(n);
    for (int &x : a) std::cin >> x;
    std::vector<std::pair<int, int>> inversions;
    for (int i = 0; i < n; ++i)
        for (int j = i + 1; j < n; ++j)
            if (a[i] > a[j]) inversions.push_back({i, j});
    std::cout << inversions.size() << '\n';
}
