/** @file The masked-LM half of an instance as code (create_pretraining_data.py:335–415), draw by draw. */
import { advance, type Local } from "../../util/wasm-assembler.js";
import {
  type Code,
  doWhile,
  either,
  i16x8,
  i32,
  i64,
  i8x16,
  v128,
  when,
  whileDo,
} from "../../util/wasm-instructions.js";
import type { InstanceSource } from "../instance-maker.js";
import { idAt, type KernelCode, loadId, storeId } from "./kernel-code.js";
import type { PlanPlaces } from "./layout.js";

/** Share of the masked tokens that `[MASK]` replaces; of the rest one half is left, the other replaced by random words. */
const REPLACED_BY_MASK = 0.8;

/** True when the draws do not depend on the tokens: neither special tokens in the corpus nor words decide which positions may be masked. */
export function isBlind({ plain, settings }: Pick<InstanceSource, "plain" | "settings">): boolean {
  return plain && !settings.wholeWord;
}

/** Draws which positions are masked and what comes there into the plan; `count` is how many. */
export function drawMasks(code: KernelCode): Code[] {
  const { source, layout, draws, local, plan } = code;
  const { length, count } = plan;
  const { wholeWord } = source.settings;
  const [candidates, wanted, index, start, end] = [
    local("i32"),
    local("i32"),
    local("i32"),
    local("i32"),
    local("i32"),
  ];
  return [
    ...(isBlind(source) ? collectAll(code, candidates) : collectCandidates(code, candidates)),
    wanted.set(i32.load(i32.shl(length.get, i32.const(2)), layout.wanted)),
    // A word that is too long makes room for one behind it: then the whole order has to be right.
    ...draws.shuffle(layout.candidates, candidates, wholeWord ? candidates.get : wanted.get),
    count.set(i32.const(0)),
    index.set(i32.const(0)),
    whileDo(i32.and(i32.lessThan(index.get, candidates.get), i32.lessThan(count.get, wanted.get)), [
      start.set(loadPosition(code, index.get, layout.candidates.at)),
      ...(wholeWord
        ? [
            end.set(i32.load(i32.shl(start.get, i32.const(2)), layout.wordEnds)),
            ...drawWord(code, start, end, i32.sub(wanted.get, count.get)),
          ]
        : drawPiece(code, start)),
      advance(index, i32.const(1)),
    ]),
  ];
}

/** Masks the ids of the record as planned, and lists behind them the positions in their order and what stood there. */
export function applyMasks(code: KernelCode): Code[] {
  const { layout, local, plan, planned } = code;
  const { length, count } = plan;
  const { marks, marksBefore, plans, idBytes } = layout;
  const [index, position, address] = [local("i32"), local("i32"), local("i32")];
  const [word, sum, rank, id, replacement] = [
    local("i32"),
    local("i32"),
    local("i32"),
    local("i32"),
    local("i32"),
  ];
  const [positions, labels, bit] = [local("i32"), local("i32"), local("i64")];
  /** A word of marks is named by its first byte, that of its sum by half as much. */
  const wordOf = i32.shl(i32.shiftRight(position.get, i32.const(6)), i32.const(3));
  const half = (of: Local): Code => i32.shiftRight(of.get, i32.const(1));
  const each = (body: readonly Code[]): Code[] => [
    index.set(i32.const(0)),
    whileDo(i32.lessThan(index.get, count.get), [
      position.set(loadPosition(code, index.get, plans.positions, planned)),
      word.set(wordOf),
      bit.set(i64.shl(i64.const(1), i64.fromUnsigned(position.get))),
      ...body,
      advance(index, i32.const(1)),
    ]),
  ];
  const eachWord = (body: readonly Code[]): Code[] => [
    word.set(i32.const(0)),
    doWhile(
      [...body, advance(word, i32.const(8))],
      i32.lessThan(word.get, i32.add(i32.shiftRight(length.get, i32.const(3)), i32.const(1))),
    ),
  ];
  return [
    ...eachWord([i64.store(word.get, i64.const(0), marks)]),
    ...each([i64.store(word.get, i64.or(i64.load(word.get, marks), bit.get), marks)]),
    sum.set(i32.const(0)),
    ...eachWord([
      i32.store(half(word), sum.get, marksBefore),
      advance(sum, i64.low(i64.bitCount(i64.load(word.get, marks)))),
    ]),
    positions.set(idAt(code, length.get)),
    labels.set(i32.add(positions.get, i32.shl(count.get, i32.const(1)))),
    ...each([
      address.set(idAt(code, position.get)),
      id.set(loadId(code, address.get)),
      replacement.set(loadReplacement(code, index)),
      storeId(
        code,
        address.get,
        i32.select(i32.equal(replacement.get, i32.const(keptOf(plans))), id.get, replacement.get),
      ),
      // Its place among the masked ones: how many are before it.
      rank.set(
        i32.add(
          i32.load(half(word), marksBefore),
          i64.low(i64.bitCount(i64.and(i64.load(word.get, marks), i64.sub(bit.get, i64.const(1))))),
        ),
      ),
      i32.storeHalf(i32.add(positions.get, i32.shl(rank.get, i32.const(1))), position.get),
      storeId(code, i32.add(labels.get, i32.mul(rank.get, i32.const(idBytes))), id.get),
    ]),
  ];
}

/** Every position but those of the three special tokens. */
function collectAll({ layout, local, plan }: KernelCode, candidates: Local): Code[] {
  const { first, length } = plan;
  const [at, position, end] = [local("i32"), local("v128"), local("i32")];
  const { bytes } = layout.candidates;
  const { add, splat } = bytes === 1 ? i8x16 : i16x8;
  const lanes = Array.from({ length: 16 / bytes }, (_, lane) => lane + 1);
  const from1 = v128.const(new Uint8Array((bytes === 1 ? Uint8Array : Uint16Array).from(lanes).buffer));
  const toBytes = (places: Code): Code => i32.mul(places, i32.const(bytes));
  const fill = doWhile(
    [
      v128.store(at.get, position.get, layout.candidates.at),
      position.set(add(position.get, splat(i32.const(lanes.length)))),
      advance(at, i32.const(16)),
    ],
    i32.lessThan(at.get, end.get),
  );
  return [
    candidates.set(i32.sub(length.get, i32.const(3))),
    position.set(from1),
    at.set(i32.const(0)),
    end.set(toBytes(first.get)),
    fill,
    position.set(add(splat(i32.add(first.get, i32.const(1))), from1)),
    at.set(end.get),
    end.set(toBytes(candidates.get)),
    fill,
  ];
}

/** Positions of other tokens than `[CLS]` and `[SEP]`, which may come in the corpus too; of whole words the first ones. */
function collectCandidates(code: KernelCode, candidates: Local): Code[] {
  const { source, layout, local, plan } = code;
  const [position, id, last] = [local("i32"), local("i32"), local("i32")];
  const append = [
    storePosition(code, candidates.get, position.get, layout.candidates.at),
    advance(candidates, i32.const(1)),
  ];
  return [
    candidates.set(i32.const(0)),
    position.set(i32.const(0)),
    doWhile(
      [
        id.set(loadId(code, idAt(code, position.get))),
        when(
          isOrdinary(code, id),
          source.settings.wholeWord
            ? [
                // A word may lie on both sides of a [SEP], as it does in the script.
                when(i32.or(i32.isZero(candidates.get), i32.isZero(i32.loadByte(id.get, layout.continues))), [
                  ...append,
                  last.set(position.get),
                ]),
                i32.store(
                  i32.shl(last.get, i32.const(2)),
                  i32.add(position.get, i32.const(1)),
                  layout.wordEnds,
                ),
              ]
            : append,
        ),
        advance(position, i32.const(1)),
      ],
      i32.lessThan(position.get, plan.length.get),
    ),
  ];
}

/** In place of what comes instead: the token stays. */
function keptOf({ replacementBytes }: PlanPlaces): number {
  return replacementBytes === 2 ? 0xffff : -1;
}

function loadReplacement({ layout, planned }: KernelCode, index: Local): Code {
  const { replacementBytes, replacements } = layout.plans;
  return replacementBytes === 2
    ? i32.loadHalf(i32.add(planned.get, i32.shl(index.get, i32.const(1))), replacements)
    : i32.load(i32.add(planned.get, i32.shl(index.get, i32.const(2))), replacements);
}

function storeReplacement({ layout, planned }: KernelCode, index: Local, id: Code): Code {
  const { replacementBytes, replacements } = layout.plans;
  return replacementBytes === 2
    ? i32.storeHalf(i32.add(planned.get, i32.shl(index.get, i32.const(1))), id, replacements)
    : i32.store(i32.add(planned.get, i32.shl(index.get, i32.const(2))), id, replacements);
}

/** The position with the number `index` of those at `at`, or as far behind `base`: of one byte or two. */
function loadPosition({ layout }: KernelCode, index: Code, at: number, base?: Local): Code {
  const { bytes } = layout.candidates;
  return (bytes === 1 ? i32.loadByte : i32.loadHalf)(positionAddress(bytes, index, base), at);
}

function storePosition({ layout }: KernelCode, index: Code, position: Code, at: number, base?: Local): Code {
  const { bytes } = layout.candidates;
  return (bytes === 1 ? i32.storeByte : i32.storeHalf)(positionAddress(bytes, index, base), position, at);
}

function positionAddress(bytes: 1 | 2, index: Code, base: Local | undefined): Code {
  const offset = bytes === 1 ? index : i32.shl(index, i32.const(1));
  return base === undefined ? offset : i32.add(base.get, offset);
}

function isOrdinary({ source }: KernelCode, id: Local): Code {
  const { classificationId, separatorId } = source.vocabulary;
  return i32.and(
    i32.notEqual(id.get, i32.const(classificationId)),
    i32.notEqual(id.get, i32.const(separatorId)),
  );
}

/** Draws for the word in [start, end) unless it has more than `room` pieces. */
function drawWord(code: KernelCode, start: Local, end: Local, room: Code): Code[] {
  const { local } = code;
  const [position, pieces, id] = [local("i32"), local("i32"), local("i32")];
  const eachPiece = (act: readonly Code[]): Code[] => [
    position.set(start.get),
    doWhile(
      [
        id.set(loadId(code, idAt(code, position.get))),
        when(isOrdinary(code, id), act),
        advance(position, i32.const(1)),
      ],
      i32.lessThan(position.get, end.get),
    ),
  ];
  return [
    pieces.set(i32.const(0)),
    ...eachPiece([advance(pieces, i32.const(1))]),
    when(i32.isZero(i32.lessThan(room, pieces.get)), eachPiece(drawPiece(code, position))),
  ];
}

function drawPiece(code: KernelCode, position: Local): Code[] {
  const { source, layout, draws, local, plan, planned, state } = code;
  const { maskId, size } = source.vocabulary;
  const [drawn, replacement] = [local("i32"), local("i32")];
  return [
    storePosition(code, plan.count.get, position.get, layout.plans.positions, planned),
    ...draws.isBelow(drawn, REPLACED_BY_MASK),
    either(
      drawn.get,
      [replacement.set(i32.const(maskId)), advance(state.replacedByMask, i32.const(1))],
      [
        replacement.set(i32.const(keptOf(layout.plans))),
        ...draws.coin(drawn),
        when(drawn.get, [
          ...draws.below(replacement, i32.const(size)),
          advance(state.replacedByRandom, i32.const(1)),
        ]),
      ],
    ),
    storeReplacement(code, plan.count, replacement.get),
    advance(plan.count, i32.const(1)),
  ];
}
