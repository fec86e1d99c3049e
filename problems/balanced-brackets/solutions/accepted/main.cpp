#include <iostream>
#include <string>

static bool balanced(const std::string &line) {
    std::string expected;  // the closing brackets still to come, the next one last
    for (char c : line) {
        if (c == '(') expected.push_back(')');
        else if (c == '[') expected.push_back(']');
        else if (c == '{') expected.push_back('}');
        else if (expected.empty() || expected.back() != c) return false;
        else expected.pop_back();
    }
    return expected.empty();
}

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int k;
    std::cin >> k;
    std::string line;
    while (k-- > 0 && std::cin >> line) std::cout << (balanced(line) ? "yes\n" : "no\n");
}
