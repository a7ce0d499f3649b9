/** @file How the kernel reads the two rows of the corpus, sentence starts and tokens, whether they are in memory or read by pages. */
import { advance, type Local } from "../../util/wasm-assembler.js";
import { type Code, doWhile, i32, i64, v128, when } from "../../util/wasm-instructions.js";
import { idShift, type KernelCode, firstToken } from "./kernel-code.js";
import { PAGE_BITS, PAGE_BYTES, type RowPlaces } from "./layout.js";

/** Numbers of the rows for `loadPage`. */
export const SENTENCES_ROW = 0;
export const TOKENS_ROW = 1;
const START_BITS = 2;
const VECTOR_BYTES = 16;
/** Lines of the processor's cache that most segments lie on. */
const FETCHED_BYTES = [0, 64, 128];

export interface RowCode {
  /** Puts the start of the sentence with the number `sentence`, modulo 2³², into `target`; `sentence` is evaluated twice. */
  sentenceStart(target: Local, sentence: Code): Code[];
  /** Copies `count` tokens, at least one, from `start` on, of the document in `place`, to the byte `to`. Up to 15 bytes behind are overwritten. */
  copyTokens(to: Code, place: Local, start: Local, count: Local): Code[];
  /** Reads here and there in the tokens from `start` on, so that they are near when they are copied; nothing where they are read by pages. */
  fetchTokens(start: Local, into: Local): Code[];
}

export function rowCode(code: KernelCode): RowCode {
  const { layout, local, call } = code;
  const shift = idShift(layout);
  const [page, slot] = [local("i32"), local("i32")];
  const [target, from, end] = [local("i32"), local("i32"), local("i32")];
  const [position, left, part] = [local("i64"), local("i32"), local("i32")];

  /** Sees to it that `page` is in its slot. */
  const hold = ({ held, slots }: RowPlaces, row: number): Code[] =>
    held === null
      ? []
      : [
          slot.set(i32.shl(i32.and(page.get, i32.const(slots - 1)), i32.const(2))),
          when(i32.notEqual(i32.load(slot.get, held), page.get), [
            call("loadPage", i32.const(row), page.get, i32.and(page.get, i32.const(slots - 1))),
            i32.store(slot.get, page.get, held),
          ]),
        ];
  /** Byte of an element, less the place of the row: pages lie in their slots as in the file, which goes round. */
  const within = (row: RowPlaces, bytes: Code): Code =>
    row.held === null ? bytes : i32.and(bytes, i32.const(row.slots * PAGE_BYTES - 1));

  /** From `from`, which moves, to `target`, which moves, until `target` reaches `end`. */
  const copyVectors = doWhile(
    [
      v128.store(target.get, v128.load(from.get, layout.tokens.bytes)),
      advance(target, i32.const(VECTOR_BYTES)),
      advance(from, i32.const(VECTOR_BYTES)),
    ],
    i32.lessThan(target.get, end.get),
  );

  return {
    sentenceStart: (into, sentence) => [
      ...(layout.sentences.held === null
        ? []
        : [page.set(i32.shiftRight(sentence, i32.const(PAGE_BITS - START_BITS)))]),
      ...hold(layout.sentences, SENTENCES_ROW),
      into.set(
        i32.load(within(layout.sentences, i32.shl(sentence, i32.const(START_BITS))), layout.sentences.bytes),
      ),
    ],
    fetchTokens: (start, into) =>
      layout.tokens.held === null
        ? FETCHED_BYTES.map((offset) =>
            into.set(
              i32.xor(
                into.get,
                i32.loadByte(i32.shl(start.get, i32.const(shift)), layout.tokens.bytes + offset),
              ),
            ),
          )
        : [],
    copyTokens: (to, place, start, count) => {
      if (layout.tokens.held === null)
        return [
          target.set(to),
          end.set(i32.add(target.get, i32.shl(count.get, i32.const(shift)))),
          from.set(i32.shl(start.get, i32.const(shift))),
          copyVectors,
        ];
      return [
        target.set(to),
        left.set(i32.shl(count.get, i32.const(shift))),
        // The document begins where the table says; `start` is near it and lacks its upper half.
        position.set(firstToken(code, place.get)),
        position.set(i64.add(position.get, i64.fromUnsigned(i32.sub(start.get, i64.low(position.get))))),
        doWhile(
          [
            page.set(i64.low(i64.shiftRight(position.get, i64.const(PAGE_BITS - shift)))),
            ...hold(layout.tokens, TOKENS_ROW),
            from.set(within(layout.tokens, i32.shl(i64.low(position.get), i32.const(shift)))),
            part.set(i32.sub(i32.const(PAGE_BYTES), i32.and(from.get, i32.const(PAGE_BYTES - 1)))),
            part.set(i32.select(i32.lessThan(left.get, part.get), left.get, part.get)),
            end.set(i32.add(target.get, part.get)),
            copyVectors,
            target.set(end.get),
            position.set(i64.add(position.get, i64.fromUnsigned(i32.shiftRight(part.get, i32.const(shift))))),
            left.set(i32.sub(left.get, part.get)),
          ],
          left.get,
        ),
      ];
    },
  };
}
