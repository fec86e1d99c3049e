// Measures along the axes, as a taxi in Manhattan would.
const [n, ...rest] = require("fs").readFileSync(0, "utf8").split(/\s+/).filter(Boolean).map(Number);
let best = Infinity;
for (let i = 0; i < n; i++) {
  for (let j = 0; j < i; j++) {
    const away = Math.abs(rest[2 * i] - rest[2 * j]) + Math.abs(rest[2 * i + 1] - rest[2 * j + 1]);
    best = Math.min(best, away);
  }
}
console.log(String(best));
