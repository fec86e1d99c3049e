// `kept` is used before it has a value.
class Solution {
    public boolean isPalindrome(String s) {
        String kept;
        for (char c : s.toCharArray()) {
            if (Character.isLetterOrDigit(c)) kept += Character.toLowerCase(c);
        }
        return new StringBuilder(kept).reverse().toString().equals(kept);
    }
}
