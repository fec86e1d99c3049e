const n = Number(require("fs").readFileSync(0, "utf8"));
const half = [];
for (let i = 0; i < n; i++) {
  const letter = String.fromCharCode(65 + (i % 26));
  half.push(" ".repeat(n - 1 - i) + letter + (i > 0 ? " ".repeat(2 * i - 1) + letter : ""));
}
console.log([...half, ...half.slice(0, -1).reverse()].join("\n"));
