#include <cstdio>

int main() {
    int n;
    if (std::scanf("%d", &n) != 1) return 1;
    for (int i = 1; i <= n / 2; i++) std::printf("%d %d ", i, -i);
    std::printf(n % 2 == 1 ? "0\n" : "\n");
}
