/**
 * One timed run of feature extraction, in a process of its own: node inference-run.mjs '{"module",…}'. The module is the
 * built clinicalbert or @huggingface/transformers; texts are given in batches, as its user would give them.
 */
import { readFileSync } from "node:fs";

const started = Number(process.env.BENCH_STARTED ?? Date.now());
const { module, folder, dtype, textsFile, batch, sorted, cold, each } = JSON.parse(process.argv[2]);
const { pipeline, env } = await import(module);
if (env) Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: "" });
const texts = JSON.parse(readFileSync(textsFile, "utf8"));
const extract = await pipeline("feature-extraction", folder, { dtype, local_files_only: true });
if (cold) {
  await extract("No acute distress.", { pooling: "mean" });
  report({ seconds: (Date.now() - started) / 1000 });
} else {
  await extract(texts.slice(0, 4), { pooling: "mean" });
  const order = texts.map((_, index) => index);
  if (sorted) order.sort((a, b) => texts[a].length - texts[b].length);
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
  const work = process.cpuUsage(startCpu);
  report({
    seconds: (performance.now() - start) / 1000,
    workCpuSeconds: (work.user + work.system) / 1e6,
    ...(each ? { milliseconds } : {}),
    checksum: sum,
  });
}

function report(figures) {
  const { user, system } = process.cpuUsage();
  console.log(
    JSON.stringify({
      ...figures,
      cpuSeconds: (user + system) / 1e6,
      peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    }),
  );
}
