// Goes over all roads until no distance changes. For a path whose roads are written backwards each round gets one town
// further: 60 000 rounds of 150 000 roads.
#include <iostream>
#include <limits>
#include <vector>

struct Road {
    int from, to, length;
};

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n, m;
    std::cin >> n >> m;
    std::vector<Road> roads(m);
    for (Road &road : roads) std::cin >> road.from >> road.to >> road.length;
    const long long far = std::numeric_limits<long long>::max();
    std::vector<long long> distance(n + 1, far);
    distance[1] = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (const Road &road : roads) {
            if (distance[road.from] == far) continue;
            long long there = distance[road.from] + road.length;
            if (there < distance[road.to]) {
                distance[road.to] = there;
                changed = true;
            }
        }
    }
    std::cout << (distance[n] == far ? -1 : distance[n]) << '\n';
}
