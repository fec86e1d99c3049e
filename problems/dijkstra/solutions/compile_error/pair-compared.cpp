// A queue of structs that nobody said how to compare.
#include <iostream>
#include <queue>

struct Item {
    long long distance;
    int town;
};

int main() {
    std::priority_queue<Item> queue;
    queue.push({0, 1});
    std::cout << queue.top().distance << '\n';
}
