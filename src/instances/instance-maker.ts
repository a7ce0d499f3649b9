/** @file The instances of one document after another (create_pretraining_data.py:218–332), as records, made by a kernel in WebAssembly. */
import { CRC_TABLES } from "../util/crc32c.js";
import type { Mt19937 } from "../util/mt19937.js";
import { N, twisterFunctions } from "../util/mt19937-kernels.js";
import { instantiate, type WasmInstance } from "../util/wasm-assembler.js";
import { instanceFunctions } from "./kernel/instance-code.js";
import {
  type KernelLayout,
  layoutOf,
  PAGE_BYTES,
  PIECE_BYTES,
  type RowPlaces,
  STATE,
} from "./kernel/layout.js";
import { SENTENCES_ROW } from "./kernel/row-code.js";
import { type MaskingVocabulary, maskedTokens } from "./masking.js";
import type { InstanceSettings } from "./settings.js";
import type { InstanceStatistics } from "./statistics.js";
import type { RecordPiece } from "./ordered-records.js";
import type { ByteRow, TokenStore } from "./token-store.js";

/** Of plans that are made at a call. */
const BYTES_OF_PLANS_A_CALL = 1 << 18;

/** What instances are made of. */
export interface InstanceSource {
  readonly store: TokenStore;
  /** documents[i]: the document in place i after the shuffle. */
  readonly documents: Uint32Array;
  readonly settings: InstanceSettings;
  readonly vocabulary: MaskingVocabulary;
  /** True when no token of the corpus is `[CLS]` or `[SEP]`: only those that are put in then are passed over by the masking. */
  readonly plain: boolean;
}

export class InstanceMaker {
  readonly #layout: KernelLayout;
  readonly #wasm: WasmInstance;
  readonly #bytes: Uint8Array;
  readonly #state: Uint32Array;
  readonly #histogram: Uint32Array;
  readonly #words: Uint32Array;
  #kept = 0;
  #turn: 0 | 1 = 0;

  /** @param keptBytes of memory for plans that are kept */
  constructor(source: InstanceSource, keptBytes = 0) {
    const { store, documents, settings, vocabulary } = source;
    const layout = layoutOf(source, keptBytes);
    this.#layout = layout;
    const rows = [
      [store.sentenceStarts, layout.sentences],
      [store.tokens, layout.tokens],
    ] as const;
    this.#wasm = instantiate(
      [...twisterFunctions(layout.twister), ...instanceFunctions(source, layout)],
      layout.end,
      [
        {
          name: "loadPage",
          parameters: 3,
          run: (row, page, slot) => this.#load(...rows[row === SENTENCES_ROW ? 0 : 1], page >>> 0, slot),
        },
      ],
    );
    const { buffer } = this.#wasm;
    const words = (at: number, count: number): Uint32Array => new Uint32Array(buffer, at, count);
    this.#bytes = new Uint8Array(buffer);
    this.#state = words(layout.state, STATE.length);
    this.#histogram = words(layout.histogram, (settings.maxLength >>> 4) + 1);
    this.#words = words(layout.twister.words, N);
    words(layout.crcTables, CRC_TABLES.length).set(CRC_TABLES);
    words(layout.wanted, settings.maxLength + 1).set(
      Array.from({ length: settings.maxLength + 1 }, (_, length) => maskedTokens(length, settings)),
    );
    this.#bytes.set(vocabulary.continues, layout.continues);
    const ranges = words(layout.sentenceRanges, 2 * documents.length);
    const firstTokens = words(layout.firstTokens, 2 * documents.length);
    const { sentences, tokenHalves } = store.documents;
    for (const [place, document] of documents.entries())
      for (const half of [0, 1]) {
        ranges[2 * place + half] = sentences[document + half]!;
        firstTokens[2 * place + half] = tokenHalves[2 * document + half]!;
      }
    for (const [row, { held, slots, bytes }] of rows)
      if (held === null) row.read(this.#bytes.subarray(bytes, bytes + row.size), 0);
      else words(held, slots).fill(0xffffffff);
  }

  #load(row: ByteRow, { bytes }: RowPlaces, page: number, slot: number): void {
    const at = bytes + slot * PAGE_BYTES;
    const position = page * PAGE_BYTES;
    row.read(this.#bytes.subarray(at, at + Math.min(PAGE_BYTES, row.size - position)), position);
  }

  /**
   * The records (`instance-record.ts`) of the documents in the places `[fromPlace, toPlace)`, in pieces of whole records. A piece is good
   * until the one after the next is asked for. `random` is moved on and `statistics` are added to when all have been taken.
   */
  *records(
    fromPlace: number,
    toPlace: number,
    random: Mt19937,
    statistics: InstanceStatistics,
  ): Generator<Uint8Array, void, undefined> {
    const { pieces } = this.#layout;
    this.#begin(fromPlace, random);
    for (let turn = 0; this.#get("place") < toPlace; turn = 1 - turn) {
      const begin = pieces[turn as 0 | 1];
      this.#set("out", begin);
      this.#wasm.functions["make"]!(toPlace, begin + PIECE_BYTES);
      yield this.#bytes.subarray(begin, this.#get("out"));
    }
    this.#end(random, statistics);
  }

  /** How many plans are kept. */
  get kept(): number {
    return this.#kept;
  }

  /**
   * Plans the instances of the documents in the places `[fromPlace, toPlace)` behind those that are kept.
   * @returns false when there is no room for them: then nothing has changed
   */
  plan(fromPlace: number, toPlace: number, random: Mt19937, statistics: InstanceStatistics): boolean {
    const { kept, plans } = this.#layout;
    const end = kept.records + kept.room * plans.bytes;
    this.#begin(fromPlace, random);
    this.#set("planned", kept.records + this.#kept * plans.bytes);
    while (this.#get("place") < toPlace) {
      const from = this.#get("planned");
      if (from === end) return false;
      // By pieces: a function is optimized when it is called again.
      this.#wasm.functions["plan"]!(toPlace, Math.min(from + BYTES_OF_PLANS_A_CALL, end));
    }
    this.#kept = (this.#get("planned") - kept.records) / plans.bytes;
    this.#end(random, statistics);
    return true;
  }

  /** Which of the plans that are kept comes out in each place. */
  set order(order: Uint32Array) {
    const { kept, plans } = this.#layout;
    const offsets = new Uint32Array(this.#wasm.buffer, kept.offsets, order.length);
    for (let place = 0; place < order.length; place++) offsets[place] = order[place]! * plans.bytes;
  }

  /** The records of the plans in the places `first`, `first` + `step`, … below `end`. */
  *pieces(first: number, step: number, end: number): Generator<RecordPiece, void, undefined> {
    const { kept, pieces } = this.#layout;
    const { buffer, functions } = this.#wasm;
    const state = new Uint32Array(buffer, kept.state, 2);
    for (let place = first; place < end; ) {
      const begin = pieces[this.#turn];
      this.#turn = this.#turn === 0 ? 1 : 0;
      functions["write"]!(place, step, end, begin, begin + PIECE_BYTES);
      const [next, to] = state as unknown as [number, number];
      yield {
        bytes: this.#bytes.subarray(begin, to),
        lengths: new Uint32Array(buffer, kept.lengths, Math.ceil((next - place) / step)),
      };
      place = next;
    }
  }

  #begin(fromPlace: number, random: Mt19937): void {
    const saved = random.save();
    this.#words.set(saved.subarray(0, N));
    this.#wasm.functions["temper"]!();
    this.#state.fill(0);
    this.#histogram.fill(0);
    this.#set("next", 4 * saved[N]!);
    this.#set("place", fromPlace);
  }

  #end(random: Mt19937, statistics: InstanceStatistics): void {
    const state = new Uint32Array(N + 1);
    state.set(this.#words);
    state[N] = this.#get("next") / 4;
    random.restore(state);
    this.#count(statistics);
  }

  #count(statistics: InstanceStatistics): void {
    for (const name of [
      "instances",
      "tokens",
      "randomNext",
      "maskedTokens",
      "replacedByMask",
      "replacedByRandom",
    ] as const)
      statistics[name] += this.#get(name);
    statistics.kept +=
      this.#get("maskedTokens") - this.#get("replacedByMask") - this.#get("replacedByRandom");
    for (let bar = 0; bar < this.#histogram.length; bar++)
      statistics.lengthHistogram[bar]! += this.#histogram[bar]!;
  }

  #get(name: (typeof STATE)[number]): number {
    return this.#state[STATE.indexOf(name)]!;
  }

  #set(name: (typeof STATE)[number], value: number): void {
    this.#state[STATE.indexOf(name)] = value;
  }
}
