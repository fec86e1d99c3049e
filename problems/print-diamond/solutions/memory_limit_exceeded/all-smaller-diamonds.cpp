// Builds the diamond of n from the one of n - 1, and keeps them all: about n³ bytes.
#include <iostream>
#include <string>
#include <vector>

int main() {
    int n;
    std::cin >> n;
    std::vector<std::vector<std::string>> diamond(n + 1);
    for (int k = 1; k <= n; ++k) {
        char letter = static_cast<char>('A' + (k - 1) % 26);
        std::string middle(1, letter);
        if (k > 1) middle += std::string(2 * k - 3, ' ') + letter;
        for (int i = 0; i < k - 1; ++i) diamond[k].push_back(' ' + diamond[k - 1][i]);
        diamond[k].push_back(middle);
        for (int i = k - 2; i >= 0; --i) diamond[k].push_back(diamond[k][i]);
    }
    for (const std::string &line : diamond[n]) std::cout << line << '\n';
}
