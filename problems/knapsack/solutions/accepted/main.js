// The greatest sum, 200 000 000 000, is exact in a double.
const [n, capacity, ...rest] = require("fs").readFileSync(0, "utf8").split(/\s+/).filter(Boolean).map(Number);
const best = new Float64Array(capacity + 1);
for (let i = 0; i < n; i++) {
  const weight = rest[2 * i];
  const value = rest[2 * i + 1];
  for (let c = capacity; c >= weight; c--) best[c] = Math.max(best[c], best[c - weight] + value);
}
console.log(String(best[capacity]));
