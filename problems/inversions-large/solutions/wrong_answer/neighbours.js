// Bubble sort in mind, but only its first round: counts the exchanges of neighbours in one pass.
const [, ...a] = require("fs").readFileSync(0, "utf8").split(/\s+/).filter(Boolean).map(Number);
let exchanges = 0;
for (let i = 1; i < a.length; i++) {
  if (a[i - 1] > a[i]) {
    [a[i - 1], a[i]] = [a[i], a[i - 1]];
    exchanges++;
  }
}
console.log(String(exchanges));
