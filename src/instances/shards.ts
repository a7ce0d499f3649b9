/** @file Makes instances shard by shard into spill files: the part of a run that is restarted per shard and, in `parallel`, spread over threads. */
import { join } from "node:path";
import type { Mt19937 } from "../util/mt19937.js";
import type { InstanceMaker } from "./instance-maker.js";
import type { InstanceSettings } from "./settings.js";
import { emptyStatistics, type InstanceStatistics } from "./statistics.js";
import { type DocumentTable, firstTokenOf } from "./token-store.js";

/** Consecutive places of the shuffled documents in one pass over the corpus. */
export interface Shard {
  readonly index: number;
  readonly fromPlace: number;
  readonly toPlace: number;
}

export interface ShardResult {
  readonly statistics: InstanceStatistics;
}

/** Tokens of a shard, so that its spill is some tens of megabytes and its loss some seconds. */
const SHARD_TOKENS = 1 << 24;

/** The shards of all passes, the same for any number of threads. */
export function planShards(documents: Uint32Array, table: DocumentTable, dupeFactor: number): Shard[] {
  const shards: Shard[] = [];
  for (let pass = 0; pass < dupeFactor; pass++) {
    let from = 0;
    let tokens = 0;
    for (let place = 0; place < documents.length; place++) {
      const document = documents[place]!;
      tokens += firstTokenOf(table, document + 1) - firstTokenOf(table, document);
      if (tokens < SHARD_TOKENS && place < documents.length - 1) continue;
      shards.push({ index: shards.length, fromPlace: from, toPlace: place + 1 });
      from = place + 1;
      tokens = 0;
    }
  }
  return shards;
}

export function spillPath(folder: string, shard: number): string {
  return join(folder, `spill-${String(shard).padStart(6, "0")}.bin`);
}

/** Where the records of a shard go: an `AtomicFile`, or memory. */
export interface SpillTarget {
  write(chunk: Uint8Array): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

export interface MadeShard {
  readonly result: ShardResult;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Makes the instances of one shard, with draws from `random`, into `target`, which must then be committed. */
export async function makeShard(
  maker: InstanceMaker,
  settings: InstanceSettings,
  { fromPlace, toPlace }: Shard,
  random: Mt19937,
  target: SpillTarget,
  signal?: AbortSignal,
): Promise<MadeShard> {
  const statistics = emptyStatistics(settings.maxLength);
  // The piece before is written while the next is being made.
  let writing: Promise<void> = Promise.resolve();
  try {
    for (const records of maker.records(fromPlace, toPlace, random, statistics)) {
      await writing;
      signal?.throwIfAborted();
      writing = target.write(records);
      // A failure is thrown where it is waited for; until then nobody may call it unhandled.
      writing.catch(() => undefined);
    }
    await writing;
    return { result: { statistics }, commit: () => target.commit(), discard: () => target.discard() };
  } catch (error) {
    await target.discard();
    throw error;
  }
}
