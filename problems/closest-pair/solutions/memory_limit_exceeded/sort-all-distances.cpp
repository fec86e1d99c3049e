// Writes all distances into a list to sort them: 8 bytes for each of n²/2 pairs.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

int main() {
    int n;
    if (std::scanf("%d", &n) != 1) return 1;
    std::vector<double> x(n), y(n), distances;
    distances.reserve(static_cast<std::size_t>(n) * (n - 1) / 2);
    for (int i = 0; i < n; ++i) {
        if (std::scanf("%lf %lf", &x[i], &y[i]) != 2) return 1;
        for (int j = 0; j < i; ++j) {
            double dx = x[i] - x[j], dy = y[i] - y[j];
            distances.push_back(std::sqrt(dx * dx + dy * dy));
        }
    }
    std::sort(distances.begin(), distances.end());
    std::printf("%.9f\n", distances[0]);
}
