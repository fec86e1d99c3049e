#include <bits/stdc++.h>
using namespace std;

int main() {
    int n, m;
    scanf("%d %d", &n, &m);
    vector<vector<int>> after(n + 1);
    vector<int> needs(n + 1), ready;
    while (m--) {
        int a, b;
        scanf("%d %d", &a, &b);
        after[a].push_back(b);
        needs[b]++;
    }
    for (int i = 1; i <= n; i++)
        if (!needs[i]) ready.push_back(i);
    vector<int> order;
    while (!ready.empty()) {
        int part = ready.back();
        ready.pop_back();
        order.push_back(part);
        for (int next : after[part])
            if (!--needs[next]) ready.push_back(next);
    }
    if ((int)order.size() < n) {
        puts("impossible");
        return 0;
    }
    for (int part : order) printf("%d\n", part);
}
