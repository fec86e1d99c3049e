// The table of all pieces: is kept[i..j] a palindrome? n² bytes.
class Solution {
public:
    bool isPalindrome(string s) {
        string kept;
        for (char c : s)
            if (isalnum(c)) kept += static_cast<char>(tolower(c));
        int n = kept.size();
        vector<vector<char>> is(n, vector<char>(n + 1, 1));
        for (int i = n - 1; i >= 0; --i)
            for (int j = i + 1; j < n; ++j) is[i][j] = kept[i] == kept[j] && (j - i < 2 || is[i + 1][j - 1]);
        return n == 0 || is[0][n - 1];
    }
};
