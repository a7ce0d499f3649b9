/**
 * Feature extraction in a process of its own: node inference-run.mjs '{"module","folder","dtype","textsFile","batch","sorted","each"}'. The
 * module is the built clinicalbert or @huggingface/transformers; texts are given in batches, as its user would give them. For every
 * line on stdin one round and a line of figures; with `cold` one text, and the time since the process was started.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const started = Number(process.env.BENCH_STARTED ?? Date.now());
const { module, folder, dtype, textsFile, batch, sorted, cold, each } = JSON.parse(process.argv[2]);
const { pipeline, env } = await import(module);
if (env) Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: "" });
const extract = await pipeline("feature-extraction", folder, { dtype, local_files_only: true });
if (cold) {
  await extract("No acute distress.", { pooling: "mean" });
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(JSON.stringify({ seconds: (Date.now() - started) / 1000, peakMiB }));
  process.exit(0);
}
const texts = JSON.parse(readFileSync(textsFile, "utf8"));
const order = texts.map((_, index) => index);
if (sorted) order.sort((a, b) => texts[a].length - texts[b].length);
await extract(texts.slice(0, 4), { pooling: "mean" });
console.log("{}");
for await (const _ of createInterface({ input: process.stdin })) {
  const start = performance.now();
  const startCpu = process.cpuUsage();
  const milliseconds = [];
  let sum = 0;
  for (let at = 0; at < order.length; at += batch) {
    const startBatch = performance.now();
    const features = await extract(
      order.slice(at, at + batch).map((index) => texts[index]),
      { pooling: "mean" },
    );
    milliseconds.push(performance.now() - startBatch);
    sum += features.data[0];
  }
  const { user, system } = process.cpuUsage(startCpu);
  console.log(
    JSON.stringify({
      wall: (performance.now() - start) / 1e3,
      cpu: (user + system) / 1e6,
      ...(each ? { milliseconds } : {}),
      checksum: sum,
      peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    }),
  );
}
process.exit(0);
