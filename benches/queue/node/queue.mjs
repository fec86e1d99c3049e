// Jobs through BullMQ. A line "JOBS WORKERS AHEAD" on standard input is a round: so many jobs are added, AHEAD of them at a
// time, and worked off, WORKERS at a time. Answers with the seconds it took.
import { Queue, Worker } from "bullmq";
import { createInterface } from "node:readline";

const connection = { path: process.env.REDIS, maxRetriesPerRequest: null };
const queue = new Queue("bench", { connection });
await queue.waitUntilReady();
console.log("ready");

for await (const line of createInterface({ input: process.stdin })) {
  const [jobs, workers, ahead] = line.split(" ").map(Number);
  let done = 0;
  let finish;
  const all = new Promise((resolve) => (finish = resolve));
  const worker = new Worker("bench", async () => "accepted", { connection, concurrency: workers });
  worker.on("completed", () => ++done === jobs && finish());
  await worker.waitUntilReady();
  const began = performance.now();
  let sent = 0;
  const add = async () => {
    while (sent < jobs) {
      const user = `user-${sent++ % 50}`;
      await queue.add("run", { user, language: "python", source: "print(1 + 2)\n", input: "1 2\n" });
    }
  };
  await Promise.all(Array.from({ length: ahead }, add));
  await all;
  console.log((performance.now() - began) / 1000);
  await worker.close();
}
process.exit(0);
