// Fills a square and prints it whole: every line but the middle one ends with blanks.
#include <cstdlib>
#include <iostream>
#include <string>

int main() {
    int n;
    std::cin >> n;
    for (int row = 0; row < 2 * n - 1; ++row) {
        int i = n - 1 - std::abs(n - 1 - row);
        std::string line(2 * n - 1, ' ');
        line[n - 1 - i] = line[n - 1 + i] = static_cast<char>('A' + i % 26);
        std::cout << line << '\n';
    }
}
