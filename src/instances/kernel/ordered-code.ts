/** @file Kernels that walk the records in memory in their final order, as code; the one that copies them. */
import { advance, type Call, type Local, type WasmFunction } from "../../util/wasm-assembler.js";
import { type Code, doWhile, i32, v128, whileDo } from "../../util/wasm-instructions.js";
import { type IdBytes, RECORD_HEADER_BYTES } from "../instance-record.js";
import type { InstanceWidths } from "../instance-sink.js";
import type { KernelCode } from "./kernel-code.js";

/** Bytes from the beginning of the memory. */
export interface RecordsLayout extends OrderLayout {
  readonly idBytes: IdBytes;
  readonly widths: InstanceWidths;
  readonly crcTables: number;
}

/** Bytes from the beginning of the memory. */
export interface OrderLayout {
  /** Of each record, those that are read ahead. */
  readonly fetchedBytes: number;
  /** Where records lie. */
  readonly records: number;
  /** u32[places]: where in them the record that comes out in each place begins. */
  readonly offsets: number;
  /** u32[…]: bytes of each record of a piece. */
  readonly lengths: number;
  /** i32: the place after the last that was written; the byte after it; 1 if the record in that place is damaged; what was read ahead, mixed. */
  readonly state: number;
}

const FETCHED_RECORDS = 16;
const LINE_BYTES = 64;
/** Of the processor's cache; what follows it fetches by itself. */
const MOST_LINES = 6;

interface RecordCode {
  readonly record: Local;
  /** Where to write; moves behind what is written. */
  readonly out: Local;
  readonly local: KernelCode["local"];
  readonly call: Call;
  /** Ends the walk when it is set to 1. */
  readonly damaged: Local;
}

/** What reads ahead for a record into `fetched`. */
type FetchCode = Omit<RecordCode, "out" | "damaged"> & { readonly fetched: Local };

/** `name(place, step, end, out, limit)`: `body` for the records in the places from `place` by `step` below `end`, while `out` is below `limit`. */
export function eachRecordCode(
  name: string,
  layout: OrderLayout,
  body: (code: RecordCode) => readonly Code[],
  fetch?: (code: FetchCode) => readonly Code[],
): WasmFunction {
  return {
    name,
    parameters: ["i32", "i32", "i32", "i32", "i32"],
    build([place, step, end, out, limit], local, call) {
      const [record, before, lengths, damaged] = [local("i32"), local("i32"), local("i32"), local("i32")];
      const [ahead, fetched] = [local("i32"), local("i32")];
      const find = (of: Local): Code =>
        record.set(
          i32.add(i32.const(layout.records), i32.load(i32.shl(of.get, i32.const(2)), layout.offsets)),
        );
      const goesOn = i32.and(i32.isZero(damaged.get), i32.lessThan(out!.get, limit!.get));
      const behind = i32.add(place!.get, i32.mul(step!.get, i32.const(FETCHED_RECORDS)));
      const fetchedBytes = Array.from(
        { length: Math.min(MOST_LINES, Math.ceil(layout.fetchedBytes / LINE_BYTES)) },
        (_, line) => LINE_BYTES * line,
      );
      const again = local("i32");
      const fetchMore =
        fetch === undefined
          ? []
          : [
              again.set(place!.get),
              doWhile(
                [find(again), ...fetch({ record, fetched, local, call }), advance(again, step!.get)],
                i32.lessThan(again.get, ahead.get),
              ),
            ];
      return [
        whileDo(i32.and(goesOn, i32.lessThan(place!.get, end!.get)), [
          // Records lie anywhere: several are read here and there at once, so that they are near when they are copied.
          ahead.set(place!.get),
          doWhile(
            [
              find(ahead),
              ...fetchedBytes.map((offset) =>
                fetched.set(i32.xor(fetched.get, i32.loadByte(record.get, offset))),
              ),
              advance(ahead, step!.get),
            ],
            i32.and(i32.lessThan(ahead.get, end!.get), i32.lessThan(ahead.get, behind)),
          ),
          ...fetchMore,
          whileDo(i32.and(goesOn, i32.lessThan(place!.get, ahead.get)), [
            find(place!),
            before.set(out!.get),
            ...body({ record, out: out!, local, call, damaged }),
            i32.store(lengths.get, i32.sub(out!.get, before.get), layout.lengths),
            advance(lengths, i32.const(4)),
            advance(place!, step!.get),
          ]),
        ]),
        i32.store(i32.const(layout.state), place!.get),
        i32.store(i32.const(layout.state), out!.get, 4),
        i32.store(i32.const(layout.state), damaged.get, 8),
        i32.store(i32.const(layout.state), fetched.get, 12),
      ];
    },
  };
}

/** Records as they are. */
export function copyFunction(layout: RecordsLayout): WasmFunction {
  return eachRecordCode("copy", layout, ({ record, out, local }) => {
    const [end, target] = [local("i32"), local("i32")];
    const { idBytes } = layout;
    return [
      target.set(out.get),
      advance(
        out,
        i32.add(
          i32.const(RECORD_HEADER_BYTES),
          i32.add(
            i32.mul(i32.loadHalf(record.get, 4), i32.const(idBytes)),
            i32.mul(i32.loadHalf(record.get, 8), i32.const(2 + idBytes)),
          ),
        ),
      ),
      end.set(out.get),
      doWhile(
        [
          v128.store(target.get, v128.load(record.get)),
          advance(target, i32.const(16)),
          advance(record, i32.const(16)),
        ],
        i32.lessThan(target.get, end.get),
      ),
    ];
  });
}
