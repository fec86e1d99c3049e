// Wrong: looks for three squares only, and prints zeroes where there are none.
#include <cmath>
#include <cstdio>

int main() {
    int t, n;
    scanf("%d", &t);
    while (t-- && scanf("%d", &n) == 1) {
        int x = 0, y = 0, z = 0;
        for (int a = sqrt(n); a >= 0 && !z; a--)
            for (int b = 0; b <= a && a * a + b * b <= n; b++) {
                int rest = n - a * a - b * b, c = sqrt(rest) + 0.5;
                if (c * c == rest) {
                    x = a, y = b, z = c;
                    break;
                }
            }
        printf("%d %d %d 0\n", x, y, z);
    }
}
