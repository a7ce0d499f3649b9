/** @file The long fuzz run: `npm run fuzz [-- --runs N] [--seed N] [--target NAME]`, 100,000 damaged files a reader by default. */
import { parseArgs } from "node:util";
import { fuzz } from "../test/fuzz/fuzz.js";
import { FUZZ_TARGETS } from "../test/fuzz/targets.js";

const BATCH = 5000;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    target: { type: "string", default: "" },
  },
});
const runs = Number(values.runs);
const seed = Number(values.seed);
if (!(Number.isInteger(runs) && runs > 0 && Number.isInteger(seed)))
  throw new Error("--runs and --seed are whole numbers");

for (const target of FUZZ_TARGETS.filter(({ name }) => name.startsWith(values.target))) {
  let read = 0;
  let refused = 0;
  const started = performance.now();
  for (let done = 0; done < runs; done += BATCH) {
    const outcome = await fuzz(target, seed + done, Math.min(BATCH, runs - done));
    read += outcome.read;
    refused += outcome.refused;
    for (const failure of outcome.failures.slice(0, 5)) console.error(failure);
    if (outcome.failures.length > 0) process.exitCode = 1;
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const memory = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${target.name}: ${runs} files, ${read} read, ${refused} refused, ${seconds} s, peak ${memory} MiB`,
  );
}
