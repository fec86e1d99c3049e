#include <algorithm>
#include <cstdio>

int main() {
    int n;
    std::scanf("%d", &n);
    long long least = 1e18, most = -1e18;
    for (int i = 0; i < n; i++) {
        long long value;
        std::scanf("%lld", &value);
        least = std::min(least, value);
        most = std::max(most, value);
    }
    std::printf("%lld\n", most - least);
}
