// Takes the roads for two-way roads, and keeps the towns to visit in a list.
const [n, m, ...rest] = require("fs").readFileSync(0, "utf8").split(/\s+/).filter(Boolean).map(Number);
const roads = Array.from({ length: n + 1 }, () => []);
for (let i = 0; i < m; i++) {
  const [a, b, d] = rest.slice(3 * i, 3 * i + 3);
  roads[a].push([b, d]);
  roads[b].push([a, d]);
}
const distance = new Array(n + 1).fill(Infinity);
distance[1] = 0;
let towns = [1];
while (towns.length > 0) {
  const changed = new Set();
  for (const town of towns) {
    for (const [other, length] of roads[town]) {
      if (distance[town] + length < distance[other]) {
        distance[other] = distance[town] + length;
        changed.add(other);
      }
    }
  }
  towns = [...changed];
}
console.log(distance[n] === Infinity ? "-1" : String(distance[n]));
