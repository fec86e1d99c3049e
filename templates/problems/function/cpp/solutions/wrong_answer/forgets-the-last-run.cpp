// A run counts only when another number ends it.
int longestRun(const vector<int> &values) {
    int longest = 1, run = 1;
    for (size_t i = 1; i < values.size(); i++) {
        if (values[i] == values[i - 1]) {
            run++;
        } else {
            longest = max(longest, run);
            run = 1;
        }
    }
    return longest;
}
