// Wrong: takes nothing for a stretch, so that a shop that only lost lost nothing. 10 points.
#include <algorithm>
#include <cstdio>

int main() {
    int n;
    scanf("%d", &n);
    long long best = 0, here = 0, day;
    while (n-- && scanf("%lld", &day) == 1) {
        here = std::max(here + day, 0LL);
        best = std::max(best, here);
    }
    printf("%lld\n", best);
}
