// Slow: every stretch. 57.5 points: `no loss` and the last group have tests with too many of them.
#include <cstdio>
#include <vector>

int main() {
    int n;
    scanf("%d", &n);
    std::vector<long long> days(n);
    for (auto &day : days) scanf("%lld", &day);
    long long best = days[0];
    for (int from = 0; from < n; from++) {
        volatile long long sum = 0;
        for (int to = from; to < n; to++) {
            sum = sum + days[to];
            if (sum > best) best = sum;
        }
    }
    printf("%lld\n", best);
}
