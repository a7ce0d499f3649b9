/** @file The kernel that writes records as framed `tf.train.Example` (create_pretraining_data.py:98–151), as code. */
import { crcCode } from "../../util/crc32c-kernel.js";
import { CRC_MASK_DELTA } from "../../util/crc32c.js";
import { FRAME_FOOT, FRAME_HEAD } from "../../util/record-frame.js";
import { advance, type Local, type WasmFunction } from "../../util/wasm-assembler.js";
import { type Code, doWhile, i32, v128, when, whileDo } from "../../util/wasm-instructions.js";
import type { FeatureName } from "../tf-example.js";
import { eachRecordCode, type RecordsLayout } from "./ordered-code.js";

/** Field numbers with the wire type "bytes" (2) of example.proto and feature.proto. */
const FIELD_1 = 0x0a;
const FIELD_2 = 0x12;
const INTEGERS = 0x1a;
const FLOATS = FIELD_2;
const COUNT_BITS = 24;

/** Places in the memory of what examples are written from. */
export interface ExampleLayout {
  /** u32[V]: the varint of each number, the first byte lowest; how many bytes in the upper byte. */
  readonly varints: number;
  /** `maxLength` zero bytes, as many ones, as many zeros. */
  readonly bits: number;
  /** As many float32 ones as there may be predictions, then as many zeros. */
  readonly weights: number;
  /** Varints of the three rows of numbers of an example. */
  readonly rows: Readonly<Record<"input_ids" | "masked_lm_positions" | "masked_lm_ids", number>>;
  /** The last checksum. */
  readonly checksum: number;
}

/** A row of numbers whose size depends on the numbers. */
interface Row {
  readonly name: FeatureName;
  readonly at: number;
  /** Bytes of the varints, and of the messages around them from the inside. */
  readonly packed: Local;
  readonly list: Local;
  readonly feature: Local;
  readonly entry: Local;
}

export function exampleFunctions(layout: RecordsLayout, example: ExampleLayout): WasmFunction[] {
  return [checksumFunction(layout, example), encodeFunction(layout, example)];
}

/** `checksum(at, end)`: the masked checksum of these bytes. */
function checksumFunction({ crcTables }: RecordsLayout, { checksum }: ExampleLayout): WasmFunction {
  return {
    name: "checksum",
    parameters: ["i32", "i32"],
    build([at, end], local) {
      const crc = local("i32");
      return [
        crc.set(i32.const(-1)),
        ...crcCode(crcTables, crc, at!, end!, local),
        crc.set(i32.xor(crc.get, i32.const(-1))),
        i32.store(i32.const(checksum), masked(crc.get)),
      ];
    },
  };
}

function encodeFunction(layout: RecordsLayout, example: ExampleLayout): WasmFunction {
  const { maxLength, maxPredictions } = layout.widths;
  return eachRecordCode("encode", layout, ({ record, out, local, call, damaged }) => {
    const named = (): Local => local("i32");
    const [length, first, count, begin] = [named(), named(), named(), named()];
    const [positions, labels, end, body, rest] = [named(), named(), named(), named(), named()];
    const [at, value, target] = [named(), named(), named()];
    const row = (name: keyof ExampleLayout["rows"]): Row => ({
      name,
      at: example.rows[name],
      packed: named(),
      list: named(),
      feature: named(),
      entry: named(),
    });
    const [ids, maskedPositions, maskedIds] = [
      row("input_ids"),
      row("masked_lm_positions"),
      row("masked_lm_ids"),
    ];

    const putByte = (byte: Code): Code[] => [i32.storeByte(out.get, byte), advance(out, i32.const(1))];
    const putVarint = (number: Code): Code[] => [
      rest.set(number),
      whileDo(i32.lessThan(i32.const(127), rest.get), [
        ...putByte(i32.or(rest.get, i32.const(128))),
        rest.set(i32.shiftRight(rest.get, i32.const(7))),
      ]),
      ...putByte(rest.get),
    ];
    const putBytes = (bytes: readonly number[]): Code[] => [
      ...bytes.map((byte, index) => i32.storeByte(out.get, i32.const(byte), index)),
      advance(out, i32.const(bytes.length)),
    ];
    /** Up to fifteen bytes behind the copy are overwritten. */
    const copy = (from: Code, bytes: Code): Code[] => [
      at.set(from),
      target.set(out.get),
      advance(out, bytes),
      doWhile(
        [
          v128.store(target.get, v128.load(at.get)),
          advance(target, i32.const(16)),
          advance(at, i32.const(16)),
        ],
        i32.lessThan(target.get, out.get),
      ),
    ];

    /** The varints of `present` numbers from the byte `from` on, padded with zeros to `width`. */
    const encodeRow = (
      { at: varints, packed, list, feature, entry, name }: Row,
      from: Code,
      present: Local,
      width: number,
      load: (address: Code) => Code,
      bytes: number,
    ): Code[] => [
      at.set(from),
      end.set(i32.add(at.get, i32.mul(present.get, i32.const(bytes)))),
      target.set(i32.const(varints)),
      whileDo(i32.lessThan(at.get, end.get), [
        value.set(i32.load(i32.shl(load(at.get), i32.const(2)), example.varints)),
        // All bytes, whatever their number: what is too many is overwritten.
        i32.store(target.get, value.get),
        advance(target, i32.shiftRight(value.get, i32.const(COUNT_BITS))),
        advance(at, i32.const(bytes)),
      ]),
      rest.set(i32.sub(i32.const(width), present.get)),
      packed.set(i32.add(i32.sub(target.get, i32.const(varints)), rest.get)),
      at.set(i32.const(0)),
      whileDo(i32.lessThan(at.get, rest.get), [
        v128.store(i32.add(target.get, at.get), v128.load(i32.const(example.bits))),
        advance(at, i32.const(16)),
      ]),
      list.set(i32.add(i32.const(1), withLength(packed.get))),
      feature.set(i32.add(i32.const(1), withLength(list.get))),
      entry.set(i32.add(i32.const(3 + name.length), withLength(feature.get))),
    ];
    const putRow = ({ name, at: varints, packed, list, feature, entry }: Row): Code[] => [
      ...putByte(i32.const(FIELD_1)),
      ...putVarint(entry.get),
      ...putBytes([FIELD_1, name.length, ...asciiOf(name), FIELD_2]),
      ...putVarint(feature.get),
      ...putByte(i32.const(INTEGERS)),
      ...putVarint(list.get),
      ...putByte(i32.const(FIELD_1)),
      ...putVarint(packed.get),
      ...copy(i32.const(varints), packed.get),
    ];
    /** A feature whose size is always the same: `width` bytes from `from`. */
    const putFixed = (name: FeatureName, listField: number, width: number, from: Code): Code[] => [
      ...putBytes(fixedHead(name, listField, width)),
      ...copy(from, i32.const(width)),
    ];
    const fixed =
      fixedBytes("input_mask", INTEGERS, maxLength) +
      fixedBytes("segment_ids", INTEGERS, maxLength) +
      fixedBytes("masked_lm_weights", FLOATS, 4 * maxPredictions) +
      fixedBytes("next_sentence_labels", INTEGERS, 1);
    const rows = [ids, maskedPositions, maskedIds];
    /** Of an entry with its tag and length. */
    const whole = ({ entry }: Row): Code => i32.add(i32.const(1), withLength(entry.get));
    const { idBytes } = layout;
    const loadId = idBytes === 2 ? i32.loadHalf : i32.load;

    const verify: Code[] = [
      damaged.set(
        i32.or(
          i32.or(
            i32.lessThan(i32.const(maxLength), length.get),
            i32.lessThan(i32.const(maxPredictions), count.get),
          ),
          i32.lessThan(length.get, first.get),
        ),
      ),
      when(i32.isZero(damaged.get), [
        end.set(i32.add(labels.get, i32.mul(count.get, i32.const(idBytes)))),
        call("checksum", i32.add(record.get, i32.const(4)), end.get),
        damaged.set(i32.notEqual(i32.load(i32.const(example.checksum)), masked(i32.load(record.get)))),
      ]),
    ];
    const write: Code[] = [
      ...encodeRow(ids, i32.add(record.get, i32.const(12)), length, maxLength, loadId, idBytes),
      ...encodeRow(maskedPositions, positions.get, count, maxPredictions, i32.loadHalf, 2),
      ...encodeRow(maskedIds, labels.get, count, maxPredictions, loadId, idBytes),
      body.set(rows.map(whole).reduce((sum, each) => i32.add(sum, each), i32.const(fixed))),
      begin.set(out.get),
      advance(out, i32.const(FRAME_HEAD)),
      ...putByte(i32.const(FIELD_1)),
      ...putVarint(body.get),
      ...putRow(ids),
      ...putFixed(
        "input_mask",
        INTEGERS,
        maxLength,
        i32.sub(i32.const(example.bits + 2 * maxLength), length.get),
      ),
      ...putFixed(
        "segment_ids",
        INTEGERS,
        maxLength,
        i32.sub(i32.const(example.bits + maxLength), first.get),
      ),
      // Ones run on behind the segment: the padding has none.
      body.set(out.get),
      out.set(i32.sub(out.get, i32.sub(i32.const(maxLength), length.get))),
      ...copy(i32.const(example.bits), i32.sub(body.get, out.get)),
      ...putRow(maskedPositions),
      ...putRow(maskedIds),
      ...putFixed(
        "masked_lm_weights",
        FLOATS,
        4 * maxPredictions,
        i32.sub(i32.const(example.weights + 4 * maxPredictions), i32.shl(count.get, i32.const(2))),
      ),
      ...putBytes(fixedHead("next_sentence_labels", INTEGERS, 1)),
      ...putByte(i32.loadHalf(record.get, 10)),
      // The frame; lengths are 64-bit, no record reaches 4 GiB.
      i32.store(begin.get, i32.sub(out.get, i32.add(begin.get, i32.const(FRAME_HEAD)))),
      i32.store(begin.get, i32.const(0), 4),
      call("checksum", begin.get, i32.add(begin.get, i32.const(8))),
      i32.store(begin.get, i32.load(i32.const(example.checksum)), 8),
      call("checksum", i32.add(begin.get, i32.const(FRAME_HEAD)), out.get),
      i32.store(out.get, i32.load(i32.const(example.checksum))),
      advance(out, i32.const(FRAME_FOOT)),
    ];

    return [
      length.set(i32.loadHalf(record.get, 4)),
      first.set(i32.loadHalf(record.get, 6)),
      count.set(i32.loadHalf(record.get, 8)),
      positions.set(i32.add(record.get, i32.add(i32.const(12), i32.mul(length.get, i32.const(idBytes))))),
      labels.set(i32.add(positions.get, i32.shl(count.get, i32.const(1)))),
      ...verify,
      when(i32.isZero(damaged.get), write),
    ];
  });
}

/** As `maskCrc32c` does it. */
function masked(crc: Code): Code {
  return i32.add(
    i32.or(i32.shiftRight(crc, i32.const(15)), i32.shl(crc, i32.const(17))),
    i32.const(CRC_MASK_DELTA),
  );
}

/** A length and the varint before it. */
function withLength(bytes: Code): Code {
  const more = (from: number): Code => i32.lessThan(i32.const(from), bytes);
  return [127, 16_383, 2_097_151].reduce(
    (sum, most) => i32.add(sum, more(most)),
    i32.add(bytes, i32.const(1)),
  );
}

function asciiOf(name: string): number[] {
  return Array.from(name, (letter) => letter.charCodeAt(0));
}

/** What stands before the values of a feature: map entry { key, Feature { list { packed values } } }. */
function fixedHead(name: FeatureName, listField: number, packed: number): number[] {
  const inList = [FIELD_1, ...varint(packed)];
  const list = inList.length + packed;
  const inFeature = [listField, ...varint(list), ...inList];
  const feature = inFeature.length + packed;
  const inEntry = [FIELD_1, name.length, ...asciiOf(name), FIELD_2, ...varint(feature), ...inFeature];
  return [FIELD_1, ...varint(inEntry.length + packed), ...inEntry];
}

function fixedBytes(name: FeatureName, listField: number, packed: number): number {
  return fixedHead(name, listField, packed).length + packed;
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

/** The varint of a number below 2²¹ as an entry of the table. */
export function varintEntry(value: number): number {
  const bytes = varint(value);
  return bytes.reduce((sum, byte, index) => sum | (byte << (8 * index)), bytes.length << COUNT_BITS);
}
