/** @file Records in memory that are written in another order: as they are or as examples of TensorFlow, a megabyte at a call of a kernel. */
import { internalError } from "../errors.js";
import { CRC_TABLES } from "../util/crc32c.js";
import { CRC_TABLES_BYTES } from "../util/crc32c-kernel.js";
import { instantiate, type WasmInstance } from "../util/wasm-assembler.js";
import type { PretrainingInstance } from "./instance.js";
import {
  decodeRecord,
  type IdBytes,
  RECORD_HEADER_BYTES,
  recordBytes,
  recordLength,
} from "./instance-record.js";
import type { InstanceWidths } from "./instance-sink.js";
import { type ExampleLayout, exampleFunctions, varintEntry } from "./kernel/example-code.js";
import { PIECE_BYTES, SLACK } from "./kernel/layout.js";
import { copyFunction, type RecordsLayout } from "./kernel/ordered-code.js";

/** What is written of a record: itself, or a framed `tf.train.Example`. */
export type RecordForm = "copy" | "encode";

/** Written records, good until the piece after the next is asked for. */
export interface RecordPiece {
  readonly bytes: Uint8Array;
  /** Bytes of each record. */
  readonly lengths: Uint32Array;
}

/** Records that come out in an order of their own. */
export interface RecordSource {
  readonly count: number;
  /** The instance that comes out in `place`. @throws `INTERNAL` where its record is damaged */
  instance(place: number): PretrainingInstance;
  /**
   * The records of the places `first`, `first` + `step`, …
   * @throws `INTERNAL` where an example is to be made of a damaged record
   */
  pieces(form: RecordForm, first: number, step: number): Generator<RecordPiece, void, undefined>;
}

/** The table of varints has three bytes for each. */
const MOST_NUMBERS = 1 << 21;

export class OrderedRecords implements RecordSource {
  /** Where records lie; the caller fills it. */
  readonly memory: Uint8Array;
  /** offsets[place]: where in `memory` the record begins that comes out in this place; `count` of them are good. */
  readonly offsets: Uint32Array;
  count = 0;
  readonly #idBytes: IdBytes;
  readonly #wasm: WasmInstance;
  readonly #state: Uint32Array;
  readonly #lengths: Uint32Array;
  readonly #pieces: readonly [number, number];
  #turn: 0 | 1 = 0;

  /** Room for `bytes` of records in `places` places. */
  constructor(idBytes: IdBytes, widths: InstanceWidths, bytes: number, places: number) {
    const numbers = Math.max(widths.vocabularySize, widths.maxLength);
    if (numbers > MOST_NUMBERS)
      throw internalError(`ids up to ${numbers} do not fit three bytes of a varint`);
    const { maxLength, maxPredictions } = widths;
    let end = 0;
    const take = (size: number): number => {
      const at = end;
      end = Math.ceil((end + size) / SLACK) * SLACK;
      return at;
    };
    const records = take(bytes + SLACK);
    const layout: RecordsLayout = {
      idBytes,
      records,
      fetchedBytes: recordBytes(maxLength, maxPredictions, idBytes),
      widths,
      crcTables: take(CRC_TABLES_BYTES),
      state: take(16),
      lengths: take((4 * PIECE_BYTES) / RECORD_HEADER_BYTES + 4),
      offsets: take(4 * places),
    };
    // Numbers are stored as four bytes each, padding in steps of sixteen.
    const row = (width: number): number => take(4 * width + 2 * SLACK);
    const example: ExampleLayout = {
      varints: take(4 * numbers),
      bits: take(3 * maxLength + SLACK),
      weights: take(8 * maxPredictions + SLACK),
      rows: {
        input_ids: row(maxLength),
        masked_lm_positions: row(maxPredictions),
        masked_lm_ids: row(maxPredictions),
      },
      checksum: take(4),
    };
    // The longest example: three bytes a number, names and lengths in less than 512.
    const piece = (): number => take(PIECE_BYTES + 512 + 5 * maxLength + 10 * maxPredictions + SLACK);
    this.#pieces = [piece(), piece()];
    this.#wasm = instantiate([copyFunction(layout), ...exampleFunctions(layout, example)], end);
    const { buffer } = this.#wasm;
    const words = (at: number, count: number): Uint32Array => new Uint32Array(buffer, at, count);
    words(layout.crcTables, CRC_TABLES.length).set(CRC_TABLES);
    words(example.varints, numbers).set(
      Uint32Array.from({ length: numbers }, (_, value) => varintEntry(value)),
    );
    new Uint8Array(buffer, example.bits + maxLength, maxLength).fill(1);
    new Float32Array(buffer, example.weights, maxPredictions).fill(1);
    this.memory = new Uint8Array(buffer, records, bytes);
    this.offsets = words(layout.offsets, places);
    this.#state = words(layout.state, 3);
    this.#lengths = words(layout.lengths, PIECE_BYTES / RECORD_HEADER_BYTES + 1);
    this.#idBytes = idBytes;
  }

  /** Room for a piece of records. */
  static ofPieces(idBytes: IdBytes, widths: InstanceWidths): OrderedRecords {
    const bytes = PIECE_BYTES + recordBytes(widths.maxLength, widths.maxPredictions, idBytes);
    return new OrderedRecords(idBytes, widths, bytes, Math.ceil(bytes / RECORD_HEADER_BYTES));
  }

  /** Takes the records of a piece in their order. */
  fill(bytes: Uint8Array, lengths: Uint32Array): void {
    this.memory.set(bytes);
    for (let place = 0, at = 0; place < lengths.length; place++) {
      this.offsets[place] = at;
      at += lengths[place]!;
    }
    this.count = lengths.length;
  }

  instance(place: number): PretrainingInstance {
    const at = this.offsets[place]!;
    const end = at + recordLength(this.memory, at, this.#idBytes);
    return decodeRecord(this.memory.subarray(at, end), this.#idBytes) ?? damage();
  }

  *pieces(form: RecordForm, first: number, step: number): Generator<RecordPiece, void, undefined> {
    for (let place = first; place < this.count; ) {
      const begin = this.#pieces[this.#turn];
      this.#turn = this.#turn === 0 ? 1 : 0;
      this.#wasm.functions[form]!(place, step, this.count, begin, begin + PIECE_BYTES);
      const [next, end, damaged] = this.#state as unknown as [number, number, number];
      if (damaged !== 0) damage();
      yield {
        bytes: new Uint8Array(this.memory.buffer, begin, end - begin),
        lengths: this.#lengths.subarray(0, Math.ceil((next - place) / step)),
      };
      place = next;
    }
  }
}

function damage(): never {
  throw internalError("a spilled record is damaged; remove the work folder and start again");
}
