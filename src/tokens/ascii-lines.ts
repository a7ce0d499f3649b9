/** @file Lines of bytes to token ids by a kernel in WebAssembly; lines that are not plain ASCII are left to the caller one by one. */
import { instantiate, type WasmInstance } from "../util/wasm-assembler.js";
import {
  type AsciiLinesLayout,
  BYTE,
  CACHE_BITS,
  LINE_STATE,
  type LineStateName,
  linesFunction,
  slotBits,
  VECTOR_BYTES,
} from "./ascii-lines-code.js";
import type { AsciiWords } from "./word-pieces.js";

const LINE_FEED = 10;

/** Ids of one line. `isBlank`: it ends a document. */
export interface LineIds {
  readonly ids: Int32Array;
  readonly isBlank: boolean;
}

/** Tokenized lines; arrays are good until the next ones are asked for. */
export interface TokenizedLines {
  readonly ids: Uint16Array | Int32Array;
  /** Tokens of each sentence; none is empty. */
  readonly lengths: Uint32Array;
  /** Sentences before each blank line. */
  readonly blanks: Uint32Array;
  readonly lines: number;
}

export class AsciiLines {
  readonly #idBytes: 2 | 4;
  readonly #wasm: WasmInstance;
  readonly #state: number;
  /** First byte behind the tables. */
  readonly #input: number;

  /** @param stops one or two ASCII units each: a line that holds them is left to the caller, whatever their case */
  constructor(words: AsciiWords, stops: readonly string[], idBytes: 2 | 4) {
    let end = 0;
    const take = (bytes: number): number => {
      const at = end;
      end = Math.ceil((end + bytes) / VECTOR_BYTES) * VECTOR_BYTES;
      return at;
    };
    const layout: AsciiLinesLayout = {
      idBytes,
      // First, so that slots are lines of the processor's cache.
      cache: take(1 << (CACHE_BITS + slotBits(idBytes))),
      state: take(4 * LINE_STATE.length),
      kinds: take(256),
      stops: take(256 * 256),
      punctuation: take(4 * words.punctuation.length),
      letters: take(2 * words.letters.length),
      masks: take(VECTOR_BYTES * (VECTOR_BYTES + 1)),
      cells: take(4 * words.cells.length),
    };
    this.#idBytes = idBytes;
    this.#state = layout.state;
    this.#input = end;
    this.#wasm = instantiate([linesFunction(layout, words.rules)], end);
    const { buffer } = this.#wasm;
    const kinds = new Uint8Array(buffer, layout.kinds, 256);
    kinds.set(words.kinds);
    if (kinds[LINE_FEED] === BYTE.space) kinds[LINE_FEED] = BYTE.lineFeed;
    const pairs = new Uint8Array(buffer, layout.stops, 256 * 256);
    for (const stop of stops) {
      const first = stop.charCodeAt(0);
      if (kinds[first] === BYTE.punctuation) kinds[first] = BYTE.stop;
      if (stop.length === 1) pairs.fill(1, 256 * first, 256 * (first + 1));
      else for (const second of bothCases(stop[1]!)) pairs[256 * first + second] = 1;
    }
    new Int32Array(buffer, layout.punctuation).set(words.punctuation);
    new Uint16Array(buffer, layout.letters).set(words.letters);
    new Int32Array(buffer, layout.cells).set(words.cells);
    for (let length = 0; length <= VECTOR_BYTES; length++)
      new Uint8Array(buffer, layout.masks + VECTOR_BYTES * length, length).fill(0xff);
  }

  /** Tokenizes whole lines, the last of which may lack its line feed. `tokenizeOther` is given the range of a line that is not for the kernel. */
  tokenize(bytes: Uint8Array, tokenizeOther: (from: number, to: number) => LineIds): TokenizedLines {
    const Ids = this.#idBytes === 2 ? Uint16Array : Int32Array;
    // A line feed behind the last line, and what vectors read beyond; a line and a token have a byte at least.
    const room = Math.ceil((bytes.length + 1 + VECTOR_BYTES) / VECTOR_BYTES) * VECTOR_BYTES;
    const ids = this.#input + room;
    const lengths = ids + this.#idBytes * room + 2 * VECTOR_BYTES;
    const blanks = lengths + 4 * room;
    this.#wasm.reserve(blanks + 4 * room);
    const { buffer, functions } = this.#wasm;
    const input = new Uint8Array(buffer, this.#input, room);
    input.set(bytes);
    const isWhole = bytes.length === 0 || bytes.at(-1) === LINE_FEED;
    const end = bytes.length + (isWhole ? 0 : 1);
    input[bytes.length] = LINE_FEED;
    const state = new Uint32Array(buffer, this.#state, LINE_STATE.length);
    const place = (name: LineStateName): number => LINE_STATE.indexOf(name);
    state.set([this.#input, ids, lengths, blanks, 0, 0, 0]);
    for (;;) {
      functions["lines"]!(this.#input + end);
      if (state[place("isLeft")] === 0) break;
      const from = state[place("at")]! - this.#input;
      const to = input.indexOf(LINE_FEED, from);
      const line = tokenizeOther(from, to);
      const count = line.ids.length;
      new Ids(buffer, state[place("ids")]!, count).set(line.ids);
      if (count > 0) new Uint32Array(buffer, state[place("lengths")]!, 1)[0] = count;
      else if (line.isBlank)
        new Uint32Array(buffer, state[place("blanks")]!, 1)[0] = state[place("sentences")]!;
      state[place("ids")]! += count * this.#idBytes;
      state[place("lengths")]! += count > 0 ? 4 : 0;
      state[place("blanks")]! += count === 0 && line.isBlank ? 4 : 0;
      state[place("sentences")]! += count > 0 ? 1 : 0;
      state[place("lines")]! += 1;
      state[place("at")] = this.#input + to + 1;
      state[place("isLeft")] = 0;
    }
    const words = (name: LineStateName, from: number): Uint32Array =>
      new Uint32Array(buffer, from, (state[place(name)]! - from) / 4);
    return {
      ids: new Ids(buffer, ids, (state[place("ids")]! - ids) / this.#idBytes),
      lengths: words("lengths", lengths),
      blanks: words("blanks", blanks),
      lines: state[place("lines")]!,
    };
  }
}

function bothCases(unit: string): Set<number> {
  return new Set([unit.toLowerCase(), unit.toUpperCase()].map((each) => each.charCodeAt(0) & 0xff));
}
