/** @file The worker thread of mode `parallel`: makes the shards that it is sent. */
import { parentPort, workerData } from "node:worker_threads";
import { openAtomic } from "../util/atomic-file.js";
import { InstanceMaker } from "./instance-maker.js";
import { randomOfShard, type ShardAnswer, type ShardWorkerData } from "./parallel-shards.js";
import { makeShard, spillPath, type Shard } from "./shards.js";
import { openTokenFiles } from "./token-files.js";

const { folder, memory, ...source } = workerData as ShardWorkerData;
const store = openTokenFiles(folder, source.vocabulary.size, memory);
const maker = new InstanceMaker({ ...source, store });

parentPort?.on("message", async (shard: Shard) => {
  let answer: ShardAnswer;
  try {
    const random = randomOfShard(source.settings.seed, shard.index);
    const target = await openAtomic(spillPath(folder, shard.index));
    const { result, commit } = await makeShard(maker, source.settings, shard, random, target);
    await commit();
    answer = { index: shard.index, result };
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    answer = { index: shard.index, error: { code: code ?? "INTERNAL", message } };
  }
  parentPort?.postMessage(answer);
});
