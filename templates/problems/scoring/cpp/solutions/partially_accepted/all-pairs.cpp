// Every pair by itself: quadratic, and so too slow for the group large.
#include <cstdio>
#include <cstdlib>
#include <vector>

int main() {
    int n;
    if (std::scanf("%d", &n) != 1) return 1;
    std::vector<long long> values(n);
    for (long long &value : values) {
        if (std::scanf("%lld", &value) != 1) return 1;
    }
    volatile long long sum = 0;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < i; j++) sum = sum + std::llabs(values[i] - values[j]);
    }
    std::printf("%lld\n", static_cast<long long>(sum));
}
