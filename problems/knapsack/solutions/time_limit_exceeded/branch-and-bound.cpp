// Tries every choice, the best ratio first, and leaves a branch when even a fraction of the next thing could not make
// it better than the best found. That is fast for most inputs and exponential for even weights and an odd capacity.
#include <algorithm>
#include <iostream>
#include <vector>

struct Thing {
    long long weight, value;
};

static std::vector<Thing> things;
static long long best = 0;

static long long bound(std::size_t i, long long room) {
    long long worth = 0;
    for (; i < things.size() && things[i].weight <= room; ++i) {
        room -= things[i].weight;
        worth += things[i].value;
    }
    if (i < things.size()) worth += room * things[i].value / things[i].weight;
    return worth;
}

static void search(std::size_t i, long long room, long long worth) {
    best = std::max(best, worth);
    if (i == things.size() || worth + bound(i, room) <= best) return;
    if (things[i].weight <= room) search(i + 1, room - things[i].weight, worth + things[i].value);
    search(i + 1, room, worth);
}

int main() {
    int n;
    long long capacity;
    std::cin >> n >> capacity;
    things.resize(n);
    for (Thing &thing : things) std::cin >> thing.weight >> thing.value;
    std::sort(things.begin(), things.end(),
              [](const Thing &a, const Thing &b) { return a.value * b.weight > b.value * a.weight; });
    search(0, capacity, 0);
    std::cout << best << '\n';
}
