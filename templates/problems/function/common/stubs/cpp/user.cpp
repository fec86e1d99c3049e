int longestRun(const vector<int> &values) {
    return 0;
}
