#include <algorithm>
#include <cstdio>
#include <vector>

int main() {
    int n;
    if (std::scanf("%d", &n) != 1) return 1;
    std::vector<long long> values(n);
    for (long long &value : values) {
        if (std::scanf("%lld", &value) != 1) return 1;
    }
    std::sort(values.begin(), values.end());
    long long sum = 0;
    for (int i = 0; i < n; i++) sum += values[i] * (2LL * i - n + 1);
    std::printf("%lld\n", sum);
}
