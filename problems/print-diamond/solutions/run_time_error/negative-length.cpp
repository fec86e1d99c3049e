// Forgets that the first line has nothing between its two letters: a string of -1 blanks throws.
#include <iostream>
#include <string>

int main() {
    int n;
    std::cin >> n;
    for (int row = 0; row < 2 * n - 1; ++row) {
        int i = row < n ? row : 2 * n - 2 - row;
        char letter = static_cast<char>('A' + i % 26);
        std::string left(n - 1 - i, ' '), inside(2 * i - 1, ' ');
        std::cout << left << letter << inside << letter << '\n';
    }
}
