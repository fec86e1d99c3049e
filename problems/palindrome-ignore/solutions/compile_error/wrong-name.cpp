// The driver calls isPalindrome, and there is none.
class Solution {
public:
    bool is_palindrome(string s) {
        return s == string(s.rbegin(), s.rend());
    }
};
