// A matrix of all pairs of towns: 8 n² bytes, 28 GB for the largest country.
#include <algorithm>
#include <iostream>
#include <limits>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n, m;
    std::cin >> n >> m;
    const long long far = std::numeric_limits<long long>::max() / 2;
    std::vector<std::vector<long long>> length(n + 1, std::vector<long long>(n + 1, far));
    while (m-- > 0) {
        int a, b;
        long long d;
        std::cin >> a >> b >> d;
        length[a][b] = std::min(length[a][b], d);
    }
    std::vector<long long> distance(n + 1, far);
    std::vector<bool> done(n + 1, false);
    distance[1] = 0;
    for (int round = 0; round < n; ++round) {
        int town = 0;
        for (int t = 1; t <= n; ++t)
            if (!done[t] && (town == 0 || distance[t] < distance[town])) town = t;
        done[town] = true;
        for (int t = 1; t <= n; ++t) distance[t] = std::min(distance[t], distance[town] + length[town][t]);
    }
    std::cout << (distance[n] >= far ? -1 : distance[n]) << '\n';
}
