/**
 * @file A spaCy pipeline over texts in a process of its own: spacy-run.mjs PIPELINE TEXTS.jsonl wasm|ort THREADS. For every line on
 * stdin one round and a line of figures {"words","wall","cpu"}; loading is not timed.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { createOrtRuntime } from "../dist/runtime/index.js";
import { createRuntimeArithmetic } from "../dist/runtime/spacy-arithmetic.js";
import { loadSpacyPipeline } from "../dist/spacy/index.js";

const [pipelinePath, textsPath, mode, threads] = isMainThread ? process.argv.slice(2) : workerData.arguments;
const texts = readFileSync(textsPath, "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line).text);

async function createRun(share) {
  const products = mode === "ort" ? createRuntimeArithmetic(await createOrtRuntime({ threads: 1 })) : null;
  const pipeline = await loadSpacyPipeline(
    pipelinePath,
    products === null ? {} : { arithmetic: products.arithmetic },
  );
  return async () => {
    const parses = products === null ? pipeline.parse(share) : await pipeline.parseLater(share);
    return parses.reduce((sum, { words }) => sum + words.count, 0);
  };
}

async function startWorker(index) {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { arguments: process.argv.slice(2), index },
  });
  const answer = () => new Promise((resolve) => worker.once("message", resolve));
  await answer();
  return () => {
    const done = answer();
    worker.postMessage("run");
    return done;
  };
}

if (isMainThread) {
  const count = Number(threads);
  const runs =
    count === 1
      ? [await createRun(texts)]
      : await Promise.all(Array.from({ length: count }, (_, index) => startWorker(index)));
  console.log("{}");
  for await (const _ of createInterface({ input: process.stdin })) {
    const start = performance.now();
    const startCpu = process.cpuUsage();
    const words = await Promise.all(runs.map((run) => run()));
    const { user, system } = process.cpuUsage(startCpu);
    const wall = (performance.now() - start) / 1e3;
    console.log(
      JSON.stringify({
        words: words.reduce((sum, value) => sum + value, 0),
        wall,
        cpu: (user + system) / 1e6,
      }),
    );
  }
  process.exit(0);
} else {
  const run = await createRun(texts.filter((_, index) => index % Number(threads) === workerData.index));
  parentPort.on("message", async () => parentPort.postMessage(await run()));
  parentPort.postMessage("ready");
}
