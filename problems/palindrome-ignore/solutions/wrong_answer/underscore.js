// \W leaves the underscore in: it is a "word character" of regular expressions.
function isPalindrome(s) {
  const kept = s.toLowerCase().replace(/\W/g, "");
  return kept === [...kept].reverse().join("");
}
