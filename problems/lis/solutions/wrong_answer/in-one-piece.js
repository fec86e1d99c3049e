// The longest increasing run: the numbers that remain need not stand side by side.
const [, ...a] = require("fs").readFileSync(0, "utf8").split(/\s+/).filter(Boolean).map(Number);
let best = 1;
let run = 1;
for (let i = 1; i < a.length; i++) {
  run = a[i] > a[i - 1] ? run + 1 : 1;
  best = Math.max(best, run);
}
console.log(best);
