const data = require("fs").readFileSync(0, "utf8").split(/\s+/);
const n = Number(data[0]);
const target = Number(data[1]);
const first = new Map();
let answer = "-1";
for (let j = 0; j < n; j++) {
  const x = Number(data[j + 2]);
  const i = first.get(target - x);
  if (i !== undefined) {
    answer = `${i} ${j}`;
    break;
  }
  if (!first.has(x)) first.set(x, j);
}
console.log(answer);
