// Slow: goes through all rules again for every part that it builds.
#include <bits/stdc++.h>
using namespace std;

int main() {
    int n, m;
    scanf("%d %d", &n, &m);
    vector<pair<int, int>> rules(m);
    for (auto &[a, b] : rules) scanf("%d %d", &a, &b);
    vector<int> order;
    vector<char> built(n + 1);
    while ((int)order.size() < n) {
        vector<char> blocked(n + 1);
        for (auto &[a, b] : rules)
            if (!built[a]) blocked[b] = 1;
        int part = 0;
        for (int i = 1; i <= n && !part; i++)
            if (!built[i] && !blocked[i]) part = i;
        if (!part) {
            puts("impossible");
            return 0;
        }
        built[part] = 1;
        order.push_back(part);
    }
    for (int part : order) printf("%d\n", part);
}
