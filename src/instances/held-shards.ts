/** @file Where finished shards are kept: in memory while all of them fit, in spill files when they do not, or when the run ends early. */
import { openAtomic } from "../util/atomic-file.js";
import { OrderedRecords } from "./ordered-records.js";
import { type IdBytes, recordBytes } from "./instance-record.js";
import type { InstanceWidths } from "./instance-sink.js";
import { type SpillTarget, spillPath } from "./shards.js";

/** More records than this are spilled. A run stopped by force loses no more than these: some seconds of work. */
const HELD_BYTES = 336 << 20;
/** `[CLS]`, two tokens, two `[SEP]`, one of them masked. */
const LEAST_TOKENS = 5;

interface HeldShard {
  readonly from: number;
  to: number;
  /** Records that the shard is finished, once it is in a file. */
  save: (() => Promise<void>) | null;
}

export class HeldShards {
  readonly records: OrderedRecords;
  readonly #folder: string;
  readonly #held = new Map<number, HeldShard>();
  #end = 0;
  #isFull = false;

  /** @param bytes about as many as the run will have */
  constructor(folder: string, idBytes: IdBytes, widths: InstanceWidths, bytes: number) {
    const room = Math.min(HELD_BYTES, bytes);
    this.#folder = folder;
    this.records = new OrderedRecords(
      idBytes,
      widths,
      room,
      Math.ceil(room / recordBytes(LEAST_TOKENS, 1, idBytes)),
    );
  }

  /** Bytes of the records in memory, one shard behind the other; `null` unless all of `shards` are there. */
  bytesOfAll(shards: number): number | null {
    return this.#held.size === shards ? this.#end : null;
  }

  async open(index: number): Promise<SpillTarget> {
    if (this.#isFull) return openAtomic(spillPath(this.#folder, index));
    const shard: HeldShard = { from: this.#end, to: this.#end, save: null };
    let file: SpillTarget | null = null;
    return {
      write: async (chunk) => {
        if (file === null && shard.to + chunk.length > this.records.memory.length) {
          await this.spill();
          file = await openAtomic(spillPath(this.#folder, index));
          await file.write(this.records.memory.subarray(shard.from, shard.to));
        }
        if (file !== null) return file.write(chunk);
        this.records.memory.set(chunk, shard.to);
        shard.to += chunk.length;
      },
      commit: async () => {
        if (file !== null) return file.commit();
        this.#held.set(index, shard);
        this.#end = shard.to;
      },
      discard: async () => file?.discard(),
    };
  }

  /** Calls `save` as soon as the shard is in a file. */
  async finish(index: number, save: () => Promise<void>): Promise<void> {
    const shard = this.#held.get(index);
    if (shard === undefined) await save();
    else shard.save = save;
  }

  /** Puts all shards that are in memory into files; those that come later go there at once. */
  async spill(): Promise<void> {
    this.#isFull = true;
    for (const [index, { from, to, save }] of this.#held) {
      const file = await openAtomic(spillPath(this.#folder, index));
      try {
        await file.write(this.records.memory.subarray(from, to));
        await file.commit();
      } catch (error) {
        await file.discard();
        throw error;
      }
      await save?.();
    }
    this.#held.clear();
  }
}
