// Other numbers with the same sum: few make up for many as long as they fit, else pairs do.
#include <cstdio>

int main() {
    long long n;
    if (std::scanf("%lld", &n) != 1) return 1;
    if (n * (n - 1) / 2 <= 1000000) {
        for (int i = 1; i < n; i++) std::printf("%d ", i);
        std::printf("%lld\n", -n * (n - 1) / 2);
    } else {
        for (int i = 1; i <= n / 2; i++) std::printf("%d\n%d\n", 1000001 - i, i - 1000001);
        if (n % 2 == 1) std::printf("0\n");
    }
}
