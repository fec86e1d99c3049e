// Only neighbours make pairs.
#include <cstdio>
#include <cstdlib>

int main() {
    int n;
    long long before, value, sum = 0;
    if (std::scanf("%d %lld", &n, &before) != 2) return 1;
    for (int i = 1; i < n; i++) {
        if (std::scanf("%lld", &value) != 1) return 1;
        sum += std::llabs(value - before);
        before = value;
    }
    std::printf("%lld\n", sum);
}
