// Crashes: has room for 5000 days. 57.5 points.
#include <cstdio>
#include <stdexcept>
#include <vector>

int main() {
    int n;
    scanf("%d", &n);
    std::vector<long long> sums(5001);
    long long best = -1e18, worst = 0;
    for (int i = 1; i <= n; i++) {
        long long day;
        scanf("%lld", &day);
        sums.at(i) = sums.at(i - 1) + day;
        if (sums.at(i) - worst > best) best = sums.at(i) - worst;
        if (sums.at(i) < worst) worst = sums.at(i);
    }
    printf("%lld\n", best);
}
