#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

struct Point {
    long long x, y;
};

static std::vector<Point> points, strip;
static long long best = std::numeric_limits<long long>::max();  // the smallest square of a distance, at most 8e18

static void look_at(const Point &a, const Point &b) {
    best = std::min(best, (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y));
}

static bool lower(const Point &a, const Point &b) { return a.y < b.y; }

// Looks at the pairs of points[left..right), which is sorted by x before and by y after.
static void solve(int left, int right) {
    if (right - left <= 3) {
        for (int i = left; i < right; ++i)
            for (int j = i + 1; j < right; ++j) look_at(points[i], points[j]);
        std::sort(points.begin() + left, points.begin() + right, lower);
        return;
    }
    int middle = (left + right) / 2;
    long long x = points[middle].x;
    solve(left, middle);
    solve(middle, right);
    std::inplace_merge(points.begin() + left, points.begin() + middle, points.begin() + right, lower);
    strip.clear();
    for (int i = left; i < right; ++i) {
        long long away = points[i].x - x;
        if (away * away >= best) continue;
        for (std::size_t k = strip.size(); k-- > 0;) {
            long long below = points[i].y - strip[k].y;
            if (below * below >= best) break;
            look_at(points[i], strip[k]);
        }
        strip.push_back(points[i]);
    }
}

int main() {
    int n;
    if (std::scanf("%d", &n) != 1) return 1;
    points.resize(n);
    for (Point &point : points)
        if (std::scanf("%lld %lld", &point.x, &point.y) != 2) return 1;
    std::sort(points.begin(), points.end(), [](const Point &a, const Point &b) { return a.x < b.x; });
    solve(0, n);
    std::printf("%.9f\n", std::sqrt(static_cast<double>(best)));
}
