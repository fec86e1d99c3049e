// Equal numbers need not stand next to each other here.
int longestRun(const vector<int> &values) {
    map<int, int> count;
    int most = 0;
    for (int value : values) most = max(most, ++count[value]);
    return most;
}
