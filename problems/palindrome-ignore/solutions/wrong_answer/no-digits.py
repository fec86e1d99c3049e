# Leaves the digits out as well.
class Solution:
    def isPalindrome(self, s: str) -> bool:
        kept = [c.lower() for c in s if c.isalpha()]
        return kept == kept[::-1]
