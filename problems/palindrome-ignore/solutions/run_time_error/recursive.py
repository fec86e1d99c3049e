# One call for each pair of letters, one inside the other: Python gives up at about 1000.
class Solution:
    def isPalindrome(self, s: str) -> bool:
        kept = [c.lower() for c in s if c.isalnum()]

        def same(i, j):
            return i >= j or (kept[i] == kept[j] and same(i + 1, j - 1))

        return same(0, len(kept) - 1)
