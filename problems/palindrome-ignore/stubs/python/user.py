class Solution:
    def isPalindrome(self, s: str) -> bool:
        return False
