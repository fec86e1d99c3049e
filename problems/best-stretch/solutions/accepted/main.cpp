#include <algorithm>
#include <cstdio>

int main() {
    int n;
    scanf("%d", &n);
    long long best = -1e18, here = -1e18, day;
    while (n-- && scanf("%lld", &day) == 1) {
        here = std::max(here, 0LL) + day;
        best = std::max(best, here);
    }
    printf("%lld\n", best);
}
