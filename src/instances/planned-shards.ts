/**
 * @file Finished shards as plans in memory while all of them fit: a third of their records, which are made when they are written, in
 * their final order. In spill files when they do not fit, or when the run ends early.
 */
import { openAtomic } from "../util/atomic-file.js";
import { internalError } from "../errors.js";
import type { Mt19937 } from "../util/mt19937.js";
import type { PretrainingInstance } from "./instance.js";
import type { InstanceMaker } from "./instance-maker.js";
import { decodeRecord, type IdBytes } from "./instance-record.js";
import type { InstanceWidths } from "./instance-sink.js";
import { OrderedRecords, type RecordForm, type RecordPiece, type RecordSource } from "./ordered-records.js";
import { type Shard, spillPath } from "./shards.js";
import type { InstanceStatistics } from "./statistics.js";

/** More plans than this are spilled as records. A run stopped by force loses no more than these: some seconds of work. */
export const PLANNED_BYTES = 336 << 20;

interface PlannedShard {
  readonly from: number;
  readonly to: number;
  /** Records that the shard is finished, once it is in a file. */
  save: (() => Promise<void>) | null;
}

export class PlannedShards implements RecordSource {
  readonly #folder: string;
  readonly #idBytes: IdBytes;
  readonly #widths: InstanceWidths;
  readonly #planned = new Map<number, PlannedShard>();
  #maker: InstanceMaker | null = null;
  #encoder: OrderedRecords | null = null;

  constructor(folder: string, idBytes: IdBytes, widths: InstanceWidths) {
    this.#folder = folder;
    this.#idBytes = idBytes;
    this.#widths = widths;
  }

  /** From now on shards may be planned, by this maker. */
  open(maker: InstanceMaker): void {
    this.#maker = maker;
  }

  /** Plans a shard; false when it must go into a file. */
  plan({ index, fromPlace, toPlace }: Shard, random: Mt19937, statistics: InstanceStatistics): boolean {
    const maker = this.#maker;
    const from = maker?.kept ?? 0;
    if (maker?.plan(fromPlace, toPlace, random, statistics) !== true) return false;
    this.#planned.set(index, { from, to: maker.kept, save: null });
    return true;
  }

  /** `save` is called as soon as the shard is in a file. */
  finish(index: number, save: () => Promise<void>): void {
    this.#planned.get(index)!.save = save;
  }

  /** True when all of so many shards are planned. */
  hasAll(shards: number): boolean {
    return this.#planned.size === shards;
  }

  /** Puts all shards that are planned into files; those that come later go there at once. */
  async spill(): Promise<void> {
    const maker = this.#maker;
    this.#maker = null;
    if (maker === null) return;
    maker.order = Uint32Array.from({ length: maker.kept }, (_, index) => index);
    for (const [index, { from, to, save }] of this.#planned) {
      const file = await openAtomic(spillPath(this.#folder, index));
      try {
        for (const { bytes } of maker.pieces(from, 1, to)) await file.write(bytes);
        await file.commit();
      } catch (error) {
        await file.discard();
        throw error;
      }
      await save?.();
    }
    this.#planned.clear();
  }

  get count(): number {
    return this.#requireMaker().kept;
  }

  set order(order: Uint32Array) {
    this.#requireMaker().order = order;
  }

  instance(place: number): PretrainingInstance {
    for (const { bytes } of this.#requireMaker().pieces(place, 1, place + 1))
      return decodeRecord(bytes, this.#idBytes)!;
    throw internalError(`there is no plan ${place}`);
  }

  *pieces(form: RecordForm, first: number, step: number): Generator<RecordPiece, void, undefined> {
    const pieces = this.#requireMaker().pieces(first, step, this.count);
    if (form === "copy") return yield* pieces;
    for (const { bytes, lengths } of pieces) {
      this.#encoder ??= OrderedRecords.ofPieces(this.#idBytes, this.#widths);
      this.#encoder.fill(bytes, lengths);
      yield* this.#encoder.pieces("encode", 0, 1);
    }
  }

  #requireMaker(): InstanceMaker {
    if (this.#maker === null) throw internalError("there are no plans");
    return this.#maker;
  }
}
