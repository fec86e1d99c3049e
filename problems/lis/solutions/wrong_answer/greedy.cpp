// Starts anywhere and takes every number that is greater than the one taken last. Taking a great number too early hurts.
#include <algorithm>
#include <iostream>
#include <vector>

int main() {
    int n;
    std::cin >> n;
    std::vector<int> a(n);
    for (int &x : a) std::cin >> x;
    int answer = 0;
    for (int start = 0; start < n; ++start) {
        int length = 1, last = a[start];
        for (int i = start + 1; i < n; ++i) {
            if (a[i] > last) {
                last = a[i];
                ++length;
            }
        }
        answer = std::max(answer, length);
    }
    std::cout << answer << '\n';
}
