// Every pair is compared: quadratic.
#include <cstdio>
#include <vector>

int main() {
    int n;
    std::scanf("%d", &n);
    std::vector<long long> values(n);
    for (long long &value : values) std::scanf("%lld", &value);
    volatile long long most = 0;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            if (values[i] - values[j] > most) most = values[i] - values[j];
        }
    }
    std::printf("%lld\n", static_cast<long long>(most));
}
