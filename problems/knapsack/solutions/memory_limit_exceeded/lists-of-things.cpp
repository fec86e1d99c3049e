// Every cell of the table holds the list of the things that were taken, though nobody asked for it.
#include <iostream>
#include <vector>

struct Cell {
    long long worth = 0;
    std::vector<int> taken;
};

int main() {
    int n, capacity;
    std::cin >> n >> capacity;
    std::vector<std::vector<Cell>> best(1, std::vector<Cell>(capacity + 1));
    for (int i = 0; i < n; ++i) {
        int weight;
        long long value;
        std::cin >> weight >> value;
        best.push_back(best.back());
        for (int c = weight; c <= capacity; ++c) {
            const Cell &before = best[i][c - weight];
            if (before.worth + value > best[i][c].worth) {
                best[i + 1][c] = before;
                best[i + 1][c].worth += value;
                best[i + 1][c].taken.push_back(i);
            }
        }
    }
    std::cout << best[n][capacity].worth << '\n';
}
