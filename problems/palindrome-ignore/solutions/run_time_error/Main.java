// Takes it for granted that the text has a first and a last character.
class Solution {
    public boolean isPalindrome(String s) {
        String kept = s.toLowerCase().replaceAll("[^a-z0-9]", "");
        if (kept.charAt(0) != kept.charAt(kept.length() - 1)) return false;
        return new StringBuilder(kept).reverse().toString().equals(kept);
    }
}
