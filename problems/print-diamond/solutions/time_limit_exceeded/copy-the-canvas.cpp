// Builds the picture with `text = text + c`: every character copies all that is there, 2 MB in the end.
#include <cstdlib>
#include <iostream>
#include <string>

int main() {
    int n;
    std::cin >> n;
    std::string text;
    for (int row = 0; row < 2 * n - 1; ++row) {
        int i = n - 1 - std::abs(n - 1 - row);
        for (int column = 0; column <= n - 1 + i; ++column) {
            bool edge = column == n - 1 - i || column == n - 1 + i;
            text = text + (edge ? static_cast<char>('A' + i % 26) : ' ');
        }
        text = text + '\n';
    }
    std::cout << text;
}
