// Slow: never says anything and is busy all the time.
#include <iostream>

int main() {
    long long n;
    std::cin >> n;
    for (volatile long long i = 0;; i++) {}
}
