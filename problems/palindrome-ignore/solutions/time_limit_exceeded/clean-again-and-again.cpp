// Right, but the text is cleaned anew for every comparison: n² steps.
class Solution {
    string clean(const string &s) {
        string kept;
        for (char c : s)
            if (isalnum(c)) kept += static_cast<char>(tolower(c));
        return kept;
    }

public:
    bool isPalindrome(string s) {
        for (size_t i = 0; i < clean(s).size() / 2; ++i)
            if (clean(s)[i] != clean(s)[clean(s).size() - 1 - i]) return false;
        return true;
    }
};
