// Wrong: sorts by how many parts each one needs, which says nothing of their order.
#include <bits/stdc++.h>
using namespace std;

int main() {
    int n, m;
    scanf("%d %d", &n, &m);
    vector<int> needs(n + 1), order(n);
    while (m--) {
        int a, b;
        scanf("%d %d", &a, &b);
        needs[b]++;
    }
    iota(order.begin(), order.end(), 1);
    stable_sort(order.begin(), order.end(), [&](int x, int y) { return needs[x] < needs[y]; });
    for (int part : order) printf("%d ", part);
    puts("");
}
