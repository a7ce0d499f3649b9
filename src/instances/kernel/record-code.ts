/** @file The end of a record as code: its head and its checksum (docs/formats.md). */
import { crcCode } from "../../util/crc32c-kernel.js";
import { type Code, i32 } from "../../util/wasm-instructions.js";
import { idAt, idShift, type KernelCode } from "./kernel-code.js";

const CHECKSUM_BYTES = 4;

/** Completes the record in hand, and moves `record` behind it. */
export function sealCode(code: KernelCode): Code[] {
  const { record, layout, local, plan } = code;
  const { first, isRandomNext, length, count } = plan;
  const [end, crc, at] = [local("i32"), local("i32"), local("i32")];
  const out = record.get;
  return [
    end.set(
      i32.add(
        idAt(code, length.get),
        i32.add(i32.shl(count.get, i32.const(1)), i32.shl(count.get, i32.const(idShift(layout)))),
      ),
    ),
    i32.storeHalf(out, length.get, 4),
    i32.storeHalf(out, i32.add(first.get, i32.const(2)), 6),
    i32.storeHalf(out, count.get, 8),
    i32.storeHalf(out, isRandomNext.get, 10),
    crc.set(i32.const(-1)),
    at.set(i32.add(out, i32.const(CHECKSUM_BYTES))),
    ...crcCode(layout.crcTables, crc, at, end, local),
    i32.store(out, i32.xor(crc.get, i32.const(-1))),
    record.set(end.get),
  ];
}
