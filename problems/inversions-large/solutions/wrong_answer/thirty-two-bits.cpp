// Counts in 32 bits; a falling sequence of 70 000 numbers has 2 449 965 000 inversions.
#include <iostream>
#include <vector>

static std::vector<int> a, merged;

static unsigned sort_and_count(int left, int right) {
    if (right - left < 2) return 0;
    int middle = (left + right) / 2;
    unsigned count = sort_and_count(left, middle) + sort_and_count(middle, right);
    int i = left, j = middle;
    for (int k = left; k < right; ++k) {
        if (j == right || (i < middle && a[i] <= a[j])) {
            merged[k] = a[i++];
        } else {
            merged[k] = a[j++];
            count += middle - i;
        }
    }
    for (int k = left; k < right; ++k) a[k] = merged[k];
    return count;
}

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    int n;
    std::cin >> n;
    a.resize(n);
    merged.resize(n);
    for (int &x : a) std::cin >> x;
    std::cout << static_cast<int>(sort_and_count(0, n)) << '\n';
}
