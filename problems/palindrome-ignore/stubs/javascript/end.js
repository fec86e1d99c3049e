const text = require("fs").readFileSync(0, "utf8");
const end = text.indexOf("\n");
console.log(isPalindrome(end < 0 ? text : text.slice(0, end)) ? "true" : "false");
