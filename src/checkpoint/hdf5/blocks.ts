/**
 * @file Checked reads of the blocks of an HDF5 file (HDF5 File Format Specification 3.0). Addresses come from the file and are not
 * trusted: a block is read once, so that no chain of addresses goes round in a circle, and never beyond the end.
 */
import type { ClinicalBertError } from "../../errors.js";
import { ByteCursor } from "../../util/byte-cursor.js";
import { type ByteSource, readBytes } from "../../util/byte-source.js";
import { damaged, unsupported } from "../weights.js";

/** "Undefined address": all bits set. */
export const UNDEFINED = 2 ** 64;
/** Of one block: object headers have 64 kB, heaps and continuations some more. */
const LARGEST_BLOCK = 1 << 24;

export interface Blocks {
  readonly source: ByteSource;
  /** A cursor over `length` bytes at `address`; each address starts one block only. `what` names it in errors. */
  open(address: number, length: number, what: string): Promise<ByteCursor>;
  damaged(what: string, offset: number): ClinicalBertError;
  unsupported(what: string, name?: string): ClinicalBertError;
}

export function createBlocks(source: ByteSource): Blocks {
  const { path } = source;
  const opened = new Set<number>();
  const blocks: Blocks = {
    source,
    async open(address, length, what) {
      if (length > LARGEST_BLOCK) throw blocks.damaged(`${what} has ${length} bytes`, address);
      if (opened.has(address)) throw blocks.damaged(`${what} is a block that was read already`, address);
      opened.add(address);
      const bytes = await readBytes(source, address, length);
      return new ByteCursor(bytes, address, (position) => blocks.damaged(`${what} ends too early`, position));
    },
    damaged: (what, offset) => damaged(path, what, { offset }),
    unsupported: (what, name) => unsupported(path, what, name),
  };
  return blocks;
}

/** Throws unless the next four bytes are `signature`. */
export function requireSignature(cursor: ByteCursor, signature: string, blocks: Blocks): void {
  const at = cursor.position;
  if (Buffer.from(cursor.bytes(4)).toString("latin1") !== signature)
    throw blocks.damaged(`there is no ${signature} block`, at);
}
