#include <algorithm>
#include <iostream>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n;
    std::cin >> n;
    std::vector<int> last;  // last[k]: the smallest end of an increasing subsequence of length k + 1
    for (int i = 0; i < n; ++i) {
        int x;
        std::cin >> x;
        auto at = std::lower_bound(last.begin(), last.end(), x);
        if (at == last.end()) last.push_back(x);
        else *at = x;
    }
    std::cout << last.size() << '\n';
}
