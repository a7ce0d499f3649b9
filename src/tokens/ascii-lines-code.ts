/** @file The kernel that turns lines of ASCII into token ids, as code: words of up to fifteen letters are compared and cached as one vector. */
import { advance, type Local, type WasmFunction } from "../util/wasm-assembler.js";
import { type Code, either, i32, i64, i64x2, i8x16, v128, when, whileDo } from "../util/wasm-instructions.js";
import { BASE_AT, CELL_BITS, CONTINUATION, ID_AT, PARENT_AT, START } from "./piece-trie.js";

/** What a byte is for the kernel. A line with a `SLOW` byte is left to the caller, as is one where `STOP` and the byte behind it are a stop. */
export const BYTE = { slow: 0, space: 1, punctuation: 2, letter: 3, lineFeed: 4, stop: 5 } as const;

export const VECTOR_BYTES = 16;
export const CACHE_BITS = 14;
/** Pieces of a cached word. */
const CACHED_PIECES = 7;
/** In a slot of the cache: the letters of the word, its pieces, the bytes of its pieces. */
const PIECES_AT = VECTOR_BYTES;

/** i32 of the state, from `state` on: the next byte; where the next id, length and blank go; sentences; lines; 1 if the next line is not for the kernel. */
export const LINE_STATE = ["at", "ids", "lengths", "blanks", "sentences", "lines", "isLeft"] as const;
export type LineStateName = (typeof LINE_STATE)[number];

/** Bytes from the beginning of the memory. */
export interface AsciiLinesLayout {
  readonly idBytes: 2 | 4;
  readonly state: number;
  /** u8[256]: what each byte is. */
  readonly kinds: number;
  /** u8[256 · 256]: 1 for two bytes with which a token begins that is found in raw text. */
  readonly stops: number;
  /** i32[128]: ids of punctuation. */
  readonly punctuation: number;
  /** u16[256]: codes of the trie; 0 for what is no letter. */
  readonly letters: number;
  /** u8[17 · 16]: vector k has k bytes of ones. */
  readonly masks: number;
  readonly cells: number;
  readonly cache: number;
}

/** What decides the pieces of a word beside the trie. */
export interface AsciiWordRules {
  readonly lowercase: boolean;
  readonly maxWordLength: number;
  readonly unknownId: number;
}

/** A slot of the cache, bytes: a line of the processor's cache or half of one. */
export function slotBits(idBytes: 2 | 4): number {
  return idBytes === 2 ? 5 : 6;
}

const splat = (byte: number): Code => i8x16.splat(i32.const(byte));
/** Lanes from `low` to `high`. */
const within = (lanes: Code, low: number, high: number): Code =>
  i8x16.lessThan(i8x16.sub(lanes, splat(low)), splat(high - low + 1));
const is = (kind: Local, of: number): Code => i32.equal(kind.get, i32.const(of));

/** `lines(end)`: from `state.at` on to `end`, where a line feed stands before it, or to a line that is not for the kernel. */
export function linesFunction(layout: AsciiLinesLayout, rules: AsciiWordRules): WasmFunction {
  const { idBytes } = layout;
  const storeId = idBytes === 2 ? i32.storeHalf : i32.store;
  return {
    name: "lines",
    parameters: ["i32"],
    build([end], local) {
      const state = Object.fromEntries(LINE_STATE.map((name) => [name, local("i32")])) as Record<
        LineStateName,
        Local
      >;
      const { at, ids, lengths, blanks, sentences, lines, isLeft } = state;
      const [kind, lineStart, lineIds, count] = [local("i32"), local("i32"), local("i32"), local("i32")];
      const each = (act: (name: LineStateName, place: number) => Code): Code[] =>
        LINE_STATE.map((name, index) => act(name, layout.state + 4 * index));
      const endLine: Code[] = [
        advance(at, i32.const(1)),
        advance(lines, i32.const(1)),
        count.set(i32.sub(ids.get, lineIds.get)),
        // Both are written; what is not wanted is overwritten.
        i32.store(lengths.get, i32.shiftRight(count.get, i32.const(idBytes === 2 ? 1 : 2))),
        i32.store(blanks.get, sentences.get),
        count.set(i32.notEqual(count.get, i32.const(0))),
        advance(sentences, count.get),
        advance(lengths, i32.shl(count.get, i32.const(2))),
        advance(blanks, i32.shl(i32.isZero(count.get), i32.const(2))),
        lineStart.set(at.get),
        lineIds.set(ids.get),
      ];
      const putPunctuation: Code[] = [
        storeId(ids.get, i32.load(i32.shl(i32.loadByte(at.get), i32.const(2)), layout.punctuation)),
        advance(ids, i32.const(idBytes)),
        advance(at, i32.const(1)),
      ];
      const leave: Code[] = [isLeft.set(i32.const(1)), at.set(lineStart.get), ids.set(lineIds.get)];
      return [
        ...each((name, place) => state[name].set(i32.load(i32.const(place)))),
        lineStart.set(at.get),
        lineIds.set(ids.get),
        whileDo(i32.and(i32.isZero(isLeft.get), i32.lessThan(at.get, end!.get)), [
          kind.set(i32.loadByte(i32.loadByte(at.get), layout.kinds)),
          either(is(kind, BYTE.letter), wordCode(layout, rules, at, ids, local), [
            either(is(kind, BYTE.punctuation), putPunctuation, [
              either(
                is(kind, BYTE.space),
                [advance(at, i32.const(1))],
                [
                  either(is(kind, BYTE.lineFeed), endLine, [
                    either(
                      i32.and(
                        is(kind, BYTE.stop),
                        i32.isZero(
                          i32.loadByte(
                            i32.or(i32.shl(i32.loadByte(at.get), i32.const(8)), i32.loadByte(at.get, 1)),
                            layout.stops,
                          ),
                        ),
                      ),
                      putPunctuation,
                      leave,
                    ),
                  ]),
                ],
              ),
            ]),
          ]),
          // Most often there is one.
          advance(at, i32.equal(i32.loadByte(at.get), i32.const(32))),
        ]),
        ...each((name, place) => i32.store(i32.const(place), state[name].get)),
      ];
    },
  };
}

/** The pieces of the word at `at`, which moves behind it, to `ids`. */
function wordCode(
  layout: AsciiLinesLayout,
  rules: AsciiWordRules,
  at: Local,
  ids: Local,
  local: (type: "i32" | "i64" | "v128") => Local,
): Code[] {
  const { idBytes, cache, kinds } = layout;
  const [lanes, hash, slot] = [local("v128"), local("i64"), local("i32")];
  const [length, end, first] = [local("i32"), local("i32"), local("i32")];
  const idVectors = idBytes === 2 ? [0] : [0, VECTOR_BYTES];
  const bytesAt = PIECES_AT + CACHED_PIECES * idBytes;
  const isLetter = v128.or(within(v128.or(lanes.get, splat(0x20)), 97, 122), within(lanes.get, 48, 57));
  const fold = lanes.set(v128.or(lanes.get, v128.and(within(lanes.get, 65, 90), splat(0x20))));
  const findSlot: Code[] = [
    lanes.set(v128.and(lanes.get, v128.load(i32.shl(length.get, i32.const(4)), layout.masks))),
    ...(rules.lowercase ? [fold] : []),
    hash.set(
      i64.xor(
        i64.mul(i64x2.lane(lanes.get, 0), i64.const(0x9e3779b97f4a7c15n)),
        i64.mul(i64x2.lane(lanes.get, 1), i64.const(0xc2b2ae3d27d4eb4fn)),
      ),
    ),
    hash.set(i64.xor(hash.get, i64.shiftRight(hash.get, i64.const(32)))),
    hash.set(i64.mul(hash.get, i64.const(0x9e3779b97f4a7c15n))),
    slot.set(
      i32.shl(i64.low(i64.shiftRight(hash.get, i64.const(64 - CACHE_BITS))), i32.const(slotBits(idBytes))),
    ),
  ];
  const keep = when(i32.lessThan(i32.sub(ids.get, first.get), i32.const(CACHED_PIECES * idBytes + 1)), [
    v128.store(slot.get, lanes.get, cache),
    ...idVectors.map((offset) =>
      v128.store(slot.get, v128.load(first.get, offset), cache + PIECES_AT + offset),
    ),
    i32.storeHalf(slot.get, i32.sub(ids.get, first.get), cache + bytesAt),
  ]);
  return [
    lanes.set(v128.load(at.get)),
    length.set(
      i32.trailingZeros(i32.or(i32.xor(i8x16.bitmask(isLetter), i32.const(0xffff)), i32.const(0x10000))),
    ),
    end.set(i32.add(at.get, length.get)),
    first.set(ids.get),
    either(
      is(length, VECTOR_BYTES),
      [
        whileDo(i32.equal(i32.loadByte(i32.loadByte(end.get), kinds), i32.const(BYTE.letter)), [
          advance(end, i32.const(1)),
        ]),
        ...coverCode(layout, rules, at, end, ids, local),
      ],
      [
        ...findSlot,
        either(
          v128.anyTrue(v128.xor(lanes.get, v128.load(slot.get, cache))),
          [...coverCode(layout, rules, at, end, ids, local), keep],
          [
            ...idVectors.map((offset) =>
              v128.store(ids.get, v128.load(slot.get, cache + PIECES_AT + offset), offset),
            ),
            advance(ids, i32.loadHalf(slot.get, cache + bytesAt)),
          ],
        ),
      ],
    ),
    at.set(end.get),
  ];
}

/** Greedy longest match first of the letters from `at` to `end`, as `PieceTrie.cover` does it; one unknown for a word without a cover. */
function coverCode(
  { idBytes, letters, cells }: AsciiLinesLayout,
  { maxWordLength, unknownId }: AsciiWordRules,
  at: Local,
  end: Local,
  ids: Local,
  local: (type: "i32") => Local,
): Code[] {
  const [first, from, index, node, child] = [
    local("i32"),
    local("i32"),
    local("i32"),
    local("i32"),
    local("i32"),
  ];
  const [root, found, id, behind] = [local("i32"), local("i32"), local("i32"), local("i32")];
  const storeId = idBytes === 2 ? i32.storeHalf : i32.store;
  /** A node is the index of its first int. */
  const cell = (of: Local, part: number): Code => i32.load(i32.shl(of.get, i32.const(2)), cells + 4 * part);
  const step = child.set(
    i32.add(
      cell(node, BASE_AT),
      i32.shl(i32.loadHalf(i32.shl(i32.loadByte(index.get), i32.const(1)), letters), i32.const(CELL_BITS)),
    ),
  );
  return [
    first.set(ids.get),
    from.set(at.get),
    root.set(i32.const(START)),
    when(i32.lessThan(i32.const(maxWordLength), i32.sub(end.get, at.get)), [
      storeId(ids.get, i32.const(unknownId)),
      advance(ids, i32.const(idBytes)),
      from.set(end.get),
    ]),
    whileDo(i32.lessThan(from.get, end.get), [
      node.set(root.get),
      found.set(i32.const(0)),
      index.set(from.get),
      step,
      whileDo(i32.equal(cell(child, PARENT_AT), node.get), [
        node.set(child.get),
        advance(index, i32.const(1)),
        id.set(cell(node, ID_AT)),
        behind.set(i32.select(id.get, index.get, behind.get)),
        found.set(i32.select(id.get, id.get, found.get)),
        // The byte behind the word is no letter: it has the code 0, whose cell is nobody's child.
        step,
      ]),
      either(
        found.get,
        [
          storeId(ids.get, i32.sub(found.get, i32.const(1))),
          from.set(behind.get),
          root.set(i32.const(CONTINUATION)),
        ],
        [ids.set(first.get), storeId(ids.get, i32.const(unknownId)), from.set(end.get)],
      ),
      advance(ids, i32.const(idBytes)),
    ]),
  ];
}
