// Forgets that brackets may still be open at the end of the line.
const lines = require("fs").readFileSync(0, "utf8").split(/\s+/);
const k = Number(lines[0]);
const closes = { "(": ")", "[": "]", "{": "}" };
const out = [];
for (let i = 1; i <= k; i++) {
  const expected = [];
  let fine = true;
  for (const c of lines[i]) {
    if (c in closes) expected.push(closes[c]);
    else if (expected.pop() !== c) {
      fine = false;
      break;
    }
  }
  out.push(fine ? "yes" : "no");
}
console.log(out.join("\n"));
