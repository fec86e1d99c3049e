#include <cmath>
#include <cstdio>

int main() {
    int t, n;
    scanf("%d", &t);
    while (t-- && scanf("%d", &n) == 1) {
        bool found = false;
        // The largest first: then the rest is small, and soon found.
        for (int a = sqrt(n) + 1; a >= 0 && !found; a--)
            for (int b = 0; b <= a && a * a + b * b <= n && !found; b++)
                for (int c = 0; c <= b && a * a + b * b + c * c <= n && !found; c++) {
                    int rest = n - a * a - b * b - c * c, d = sqrt(rest) + 0.5;
                    if (d * d == rest) {
                        printf("%d %d %d %d\n", a, b, c, d);
                        found = true;
                    }
                }
    }
}
