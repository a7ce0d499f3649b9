/** @file The masked-LM half of an instance as code (create_pretraining_data.py:335–415), draw by draw. */
import { advance, type Local } from "../../util/wasm-assembler.js";
import {
  type Code,
  doWhile,
  either,
  i16x8,
  i32,
  i8x16,
  v128,
  when,
  whileDo,
} from "../../util/wasm-instructions.js";
import { idAt, type KernelCode, loadId, storeId } from "./kernel-code.js";

/** Share of the masked tokens that `[MASK]` replaces; of the rest one half is left, the other replaced by random words. */
const REPLACED_BY_MASK = 0.8;

/** Masks the ids of the instance and marks where; `count` is how many. */
export function maskCode(code: KernelCode): Code[] {
  const { source, layout, draws, local, length, count } = code;
  const { wholeWord } = source.settings;
  const [candidates, wanted, index, start, end] = [
    local("i32"),
    local("i32"),
    local("i32"),
    local("i32"),
    local("i32"),
  ];
  const collect =
    source.plain && !wholeWord ? collectAll(code, candidates) : collectCandidates(code, candidates);
  return [
    ...collect,
    wanted.set(i32.load(i32.shl(length.get, i32.const(2)), layout.wanted)),
    // A word that is too long makes room for one behind it: then the whole order has to be right.
    ...draws.shuffle(layout.candidates, candidates, wholeWord ? candidates.get : wanted.get),
    count.set(i32.const(0)),
    index.set(i32.const(0)),
    whileDo(i32.and(i32.lessThan(index.get, candidates.get), i32.lessThan(count.get, wanted.get)), [
      start.set(loadCandidate(code, index.get)),
      ...(wholeWord
        ? [
            end.set(i32.load(i32.shl(start.get, i32.const(2)), layout.wordEnds)),
            ...maskWord(code, start, end, i32.sub(wanted.get, count.get)),
          ]
        : maskPiece(code, start)),
      advance(index, i32.const(1)),
    ]),
  ];
}

/** Every position but those of the three special tokens. */
function collectAll({ layout, local, first, length }: KernelCode, candidates: Local): Code[] {
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
  const { source, layout, local, length } = code;
  const [position, id, last] = [local("i32"), local("i32"), local("i32")];
  const append = [storeCandidate(code, candidates.get, position.get), advance(candidates, i32.const(1))];
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
      i32.lessThan(position.get, length.get),
    ),
  ];
}

function loadCandidate({ layout }: KernelCode, index: Code): Code {
  const { at, bytes } = layout.candidates;
  return bytes === 1 ? i32.loadByte(index, at) : i32.loadHalf(i32.shl(index, i32.const(1)), at);
}

function storeCandidate({ layout }: KernelCode, index: Code, position: Code): Code {
  const { at, bytes } = layout.candidates;
  return bytes === 1
    ? i32.storeByte(index, position, at)
    : i32.storeHalf(i32.shl(index, i32.const(1)), position, at);
}

function isOrdinary({ source }: KernelCode, id: Local): Code {
  const { classificationId, separatorId } = source.vocabulary;
  return i32.and(
    i32.notEqual(id.get, i32.const(classificationId)),
    i32.notEqual(id.get, i32.const(separatorId)),
  );
}

/** Masks the word in [start, end) unless it has more than `room` pieces. */
function maskWord(code: KernelCode, start: Local, end: Local, room: Code): Code[] {
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
    when(i32.isZero(i32.lessThan(room, pieces.get)), eachPiece(maskPiece(code, position))),
  ];
}

function maskPiece(code: KernelCode, position: Local): Code[] {
  const { source, layout, draws, local, count, state } = code;
  const { maskId, size } = source.vocabulary;
  const [address, drawn, mark] = [local("i32"), local("i32"), local("i32")];
  return [
    advance(count, i32.const(1)),
    address.set(idAt(code, position.get)),
    i32.store(i32.shl(position.get, i32.const(2)), loadId(code, address.get), layout.originals),
    mark.set(i32.shl(i32.shiftRight(position.get, i32.const(5)), i32.const(2))),
    i32.store(
      mark.get,
      i32.or(i32.load(mark.get, layout.marks), i32.shl(i32.const(1), position.get)),
      layout.marks,
    ),
    ...draws.isBelow(drawn, REPLACED_BY_MASK),
    either(
      drawn.get,
      [storeId(code, address.get, i32.const(maskId)), advance(state.replacedByMask, i32.const(1))],
      [
        ...draws.coin(drawn),
        when(drawn.get, [
          ...draws.below(drawn, i32.const(size)),
          storeId(code, address.get, drawn.get),
          advance(state.replacedByRandom, i32.const(1)),
        ]),
      ],
    ),
  ];
}
