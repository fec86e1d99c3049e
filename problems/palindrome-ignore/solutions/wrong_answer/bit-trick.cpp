// Compares only the lower five bits of each character. That ignores the case of letters, but it also takes "0" for "P"
// and "1" for "Q".
class Solution {
public:
    bool isPalindrome(string s) {
        string kept;
        for (char c : s)
            if (isalnum(c)) kept += static_cast<char>(c & 0x1f);
        return kept == string(kept.rbegin(), kept.rend());
    }
};
