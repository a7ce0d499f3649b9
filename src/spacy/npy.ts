/** @file Reads numpy's `.npy` files of 32-bit floats in row-major order. */
import { corruptFile, type FloatArray, floatsOf } from "./msgpack.js";

const MAGIC = "\x93NUMPY";

/** `ClinicalBertError` SPACY_CORRUPT for other types, column-major order and files cut short. */
export function readNpy(bytes: Uint8Array, file: string): FloatArray {
  if (String.fromCharCode(...bytes.subarray(0, MAGIC.length)) !== MAGIC)
    throw corruptFile(file, "it is no .npy file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const major = bytes[6]!;
  const headerStart = major === 1 ? 10 : 12;
  const headerEnd = headerStart + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (headerEnd > bytes.length) throw corruptFile(file, "it is cut short");
  const header = new TextDecoder("latin1").decode(bytes.subarray(headerStart, headerEnd));
  const type = /'descr': '([^']+)'/.exec(header)?.[1];
  if (type !== "<f4") throw corruptFile(file, `its numbers are ${type ?? "unknown"} instead of <f4`);
  if (!/'fortran_order': False/.test(header)) throw corruptFile(file, "it is in column-major order");
  const shape = (/'shape': \(([\d, ]*)\)/.exec(header)?.[1] ?? "").split(",").map((size) => size.trim());
  const sizes = shape.filter((size) => size !== "").map(Number);
  const count = sizes.reduce((product, size) => product * size, 1);
  const data = bytes.subarray(headerEnd);
  if (data.length < count * 4) throw corruptFile(file, "it is cut short");
  return { shape: sizes, data: floatsOf(data.subarray(0, count * 4)) };
}
