// Finds the pair, but prints it as std::cout does unless told otherwise: with six digits.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <set>
#include <utility>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n;
    std::cin >> n;
    std::vector<std::pair<double, double>> points(n);
    for (auto &[x, y] : points) std::cin >> x >> y;
    std::sort(points.begin(), points.end());
    std::multiset<std::pair<double, double>> near;  // (y, x)
    double best = 4e9;
    int oldest = 0;
    for (auto [x, y] : points) {
        while (x - points[oldest].first > best) {
            near.erase(near.find({points[oldest].second, points[oldest].first}));
            ++oldest;
        }
        for (auto other = near.lower_bound({y - best, -2e9}); other != near.end() && other->first - y <= best; ++other)
            best = std::min(best, std::hypot(x - other->second, y - other->first));
        near.insert({y, x});
    }
    std::cout << best << '\n';
}
