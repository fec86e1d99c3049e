// Right, but it looks at all 5 000 000 000 pairs.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

int main() {
    int n;
    if (std::scanf("%d", &n) != 1) return 1;
    std::vector<double> x(n), y(n);
    double best = 1e18;
    for (int i = 0; i < n; ++i) {
        if (std::scanf("%lf %lf", &x[i], &y[i]) != 2) return 1;
        for (int j = 0; j < i; ++j) {
            double dx = x[i] - x[j], dy = y[i] - y[j];
            best = std::min(best, std::sqrt(dx * dx + dy * dy));
        }
    }
    std::printf("%.9f\n", best);
}
