int main() {
    string s;
    getline(cin, s);
    cout << (Solution().isPalindrome(s) ? "true" : "false") << '\n';
}
