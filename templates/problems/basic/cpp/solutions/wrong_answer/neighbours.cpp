// Only neighbours are compared.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

int main() {
    int n;
    long long before, value, most = 0;
    std::scanf("%d %lld", &n, &before);
    for (int i = 1; i < n; i++) {
        std::scanf("%lld", &value);
        most = std::max(most, std::llabs(value - before));
        before = value;
    }
    std::printf("%lld\n", most);
}
