// Keeps a copy of the whole stack after each bracket "to be able to go back": n²/4 bytes for a deep line.
#include <iostream>
#include <string>
#include <vector>

static bool balanced(const std::string &line) {
    std::vector<std::string> history{""};
    for (char c : line) {
        std::string expected = history.back();
        if (c == '(') expected.push_back(')');
        else if (c == '[') expected.push_back(']');
        else if (c == '{') expected.push_back('}');
        else if (expected.empty() || expected.back() != c) return false;
        else expected.pop_back();
        history.push_back(expected);
    }
    return history.back().empty();
}

int main() {
    std::ios::sync_with_stdio(false);
    int k;
    std::cin >> k;
    std::string line;
    while (k-- > 0 && std::cin >> line) std::cout << (balanced(line) ? "yes\n" : "no\n");
}
