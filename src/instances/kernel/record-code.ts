/** @file The end of a record as code: masked positions and their ids, the head, the checksum (docs/formats.md). */
import { crcCode } from "../../util/crc32c-kernel.js";
import { advance } from "../../util/wasm-assembler.js";
import { type Code, doWhile, i32, whileDo } from "../../util/wasm-instructions.js";
import { idAt, idShift, type KernelCode, storeId } from "./kernel-code.js";

const CHECKSUM_BYTES = 4;

/** Completes the record at `state.out` and moves behind it. */
export function sealCode(code: KernelCode): Code[] {
  const { state, layout, local, length, first, count, isRandomNext } = code;
  const [position, label, end, crc, at] = [
    local("i32"),
    local("i32"),
    local("i32"),
    local("i32"),
    local("i32"),
  ];
  const out = state.out.get;
  return [
    position.set(idAt(code, length.get)),
    label.set(i32.add(position.get, i32.shl(count.get, i32.const(1)))),
    end.set(i32.add(label.get, i32.shl(count.get, i32.const(idShift(layout))))),
    ...listMasked(code, position, label),
    i32.storeHalf(out, length.get, 4),
    i32.storeHalf(out, i32.add(first.get, i32.const(2)), 6),
    i32.storeHalf(out, count.get, 8),
    i32.storeHalf(out, isRandomNext.get, 10),
    crc.set(i32.const(-1)),
    at.set(i32.add(out, i32.const(CHECKSUM_BYTES))),
    ...crcCode(layout.crcTables, crc, at, end, local),
    i32.store(out, i32.xor(crc.get, i32.const(-1))),
    state.out.set(end.get),
  ];
}

/** What was masked, in the order of the positions; the marks go. */
function listMasked(
  code: KernelCode,
  position: { readonly get: Code; set(value: Code): Code },
  label: { readonly get: Code; set(value: Code): Code },
): Code[] {
  const { layout, local, length } = code;
  const [word, bits, at] = [local("i32"), local("i32"), local("i32")];
  return [
    word.set(i32.const(0)),
    doWhile(
      [
        // `word` counts positions: its marks are at a byte an eighth as far.
        bits.set(i32.load(i32.shiftRight(word.get, i32.const(3)), layout.marks)),
        i32.store(i32.shiftRight(word.get, i32.const(3)), i32.const(0), layout.marks),
        whileDo(bits.get, [
          at.set(i32.add(word.get, i32.trailingZeros(bits.get))),
          i32.storeHalf(position.get, at.get),
          storeId(code, label.get, i32.load(i32.shl(at.get, i32.const(2)), layout.originals)),
          advance(position, i32.const(2)),
          advance(label, i32.const(layout.idBytes)),
          bits.set(i32.and(bits.get, i32.sub(bits.get, i32.const(1)))),
        ]),
        advance(word, i32.const(32)),
      ],
      i32.lessThan(word.get, length.get),
    ),
  ];
}
