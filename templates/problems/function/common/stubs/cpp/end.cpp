int main() {
    int n;
    if (scanf("%d", &n) != 1) return 1;
    vector<int> values(n);
    for (int &value : values) {
        if (scanf("%d", &value) != 1) return 1;
    }
    printf("%d\n", longestRun(values));
}
