/** @file Makes instances shard by shard into spill files: the part of a run that is restarted per shard and, in `parallel`, spread over threads. */
import { join } from "node:path";
import { openAtomic } from "../util/atomic-file.js";
import type { Mt19937 } from "../util/mt19937.js";
import { ByteWriter } from "./byte-writer.js";
import { InstanceMaker, type InstanceSource, sealDraft } from "./instance-maker.js";
import { countDraft, emptyStatistics, type InstanceStatistics } from "./statistics.js";
import type { TokenStore } from "./token-store.js";

/** Consecutive places of the shuffled documents in one pass over the corpus. */
export interface Shard {
  readonly index: number;
  readonly fromPlace: number;
  readonly toPlace: number;
}

export interface ShardResult {
  readonly bytes: number;
  readonly statistics: InstanceStatistics;
}

/** Tokens of a shard, so that its spill is some tens of megabytes and its loss some seconds. */
const SHARD_TOKENS = 1 << 24;

/** The shards of all passes, the same for any number of threads. */
export function planShards(documents: Uint32Array, store: TokenStore, dupeFactor: number): Shard[] {
  const shards: Shard[] = [];
  for (let pass = 0; pass < dupeFactor; pass++) {
    let from = 0;
    let tokens = 0;
    for (let place = 0; place < documents.length; place++) {
      const document = documents[place]!;
      const first = store.sentenceStarts.at(store.documentStarts[document]!);
      tokens += store.sentenceStarts.at(store.documentStarts[document + 1]!) - first;
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

export interface MadeShard {
  readonly result: ShardResult;
  /** Makes the spill file appear under its name. */
  commit(): Promise<void>;
}

/** Makes the instances of one shard, with draws from `random`, into its spill file in `folder`, which must then be committed. */
export async function makeShard(
  source: InstanceSource,
  shard: Shard,
  random: Mt19937,
  folder: string,
  signal?: AbortSignal,
): Promise<MadeShard> {
  const maker = new InstanceMaker(source, random);
  const { record } = maker.draft;
  const statistics = emptyStatistics(source.settings.maxLength);
  const file = await openAtomic(spillPath(folder, shard.index));
  const writer = new ByteWriter(file);
  try {
    for (let place = shard.fromPlace; place < shard.toPlace; place++) {
      maker.start(place);
      while (maker.next()) {
        countDraft(statistics, maker.draft);
        sealDraft(maker.draft);
        writer.put(record.bytes.subarray(0, record.length));
        const full = writer.flushIfFull();
        if (full === undefined) continue;
        await full;
        if (signal?.aborted === true) throw signal.reason;
      }
    }
    await writer.flush();
    return { result: { bytes: writer.position, statistics }, commit: () => file.commit() };
  } catch (error) {
    await file.discard();
    throw error;
  }
}
