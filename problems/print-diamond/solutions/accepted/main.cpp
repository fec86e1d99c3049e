#include <iostream>
#include <string>

static std::string line(int n, int i) {
    std::string text(n - 1 - i, ' ');
    char letter = static_cast<char>('A' + i % 26);
    text += letter;
    if (i > 0) {
        text.append(2 * i - 1, ' ');
        text += letter;
    }
    return text + '\n';
}

int main() {
    int n;
    std::cin >> n;
    for (int i = 0; i < n; ++i) std::cout << line(n, i);
    for (int i = n - 2; i >= 0; --i) std::cout << line(n, i);
}
