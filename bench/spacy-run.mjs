/**
 * @file One run of a spaCy pipeline over texts in a process of its own: spacy-run.mjs PIPELINE TEXTS.jsonl ROUNDS wasm|ort THREADS.
 * Prints {"words","wall":[…],"cpu":[…]}; loading and one round of warming up are not timed.
 */
import { readFileSync } from "node:fs";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { createOrtRuntime } from "../dist/runtime/index.js";
import { createRuntimeProducts } from "../dist/runtime/matrix-products.js";
import { loadSpacyPipeline } from "../dist/spacy/index.js";

const [pipelinePath, textsPath, rounds, mode, threads] = isMainThread
  ? process.argv.slice(2)
  : workerData.arguments;
const texts = readFileSync(textsPath, "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line).text);

async function createRun(share) {
  const products = mode === "ort" ? createRuntimeProducts(await createOrtRuntime({ threads: 1 })) : null;
  const pipeline = await loadSpacyPipeline(
    pipelinePath,
    products === null ? {} : { products: products.products },
  );
  return async () => {
    const parses = products === null ? pipeline.parse(share) : await pipeline.parseLater(share);
    return parses.reduce((sum, { words }) => sum + words.count, 0);
  };
}

if (isMainThread) {
  const count = Number(threads);
  const runs = [];
  if (count === 1) runs.push(await createRun(texts));
  else
    for (let index = 0; index < count; index++) {
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { arguments: process.argv.slice(2), index },
      });
      await new Promise((resolve) => worker.once("message", resolve));
      runs.push(
        () =>
          new Promise((resolve) => {
            worker.once("message", resolve);
            worker.postMessage("run");
          }),
      );
    }
  const result = { words: 0, wall: [], cpu: [] };
  for (let round = -1; round < Number(rounds); round++) {
    const start = performance.now();
    const startCpu = process.cpuUsage();
    const words = await Promise.all(runs.map((run) => run()));
    const { user, system } = process.cpuUsage(startCpu);
    if (round < 0) continue;
    result.words = words.reduce((sum, value) => sum + value, 0);
    result.wall.push((performance.now() - start) / 1e3);
    result.cpu.push((user + system) / 1e6);
  }
  console.log(JSON.stringify(result));
  process.exit(0);
} else {
  const run = await createRun(texts.filter((_, index) => index % Number(threads) === workerData.index));
  parentPort.on("message", async () => parentPort.postMessage(await run()));
  parentPort.postMessage("ready");
}
