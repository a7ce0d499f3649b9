/** @file LevelDB's table, the format of a TensorFlow `.index`: sorted keys in blocks with shared prefixes and checksums. */
import { ByteCursor } from "../../util/byte-cursor.js";
import { type ByteSource, readBytes } from "../../util/byte-source.js";
import { crc32c, maskCrc32c } from "../../util/crc32c.js";
import { encodeVarint } from "../../util/protobuf.js";
import { inflateSnappy } from "../../util/snappy.js";

export interface TableEntry {
  readonly key: string;
  readonly value: Uint8Array;
}

export type TableError = (what: string, offset: number) => Error;

const MAGIC = 0xdb4775248b80fb57n;
const FOOTER_BYTES = 48;
const TRAILER_BYTES = 5;
const RAW = 0;
const SNAPPY = 1;
/** The index of a model of 100,000 tensors has 10 MB; blocks have 256 KB. */
const LARGEST_BLOCK = 1 << 26;
const LARGEST_KEY = 1 << 16;
/** Entries between two keys that are written whole, and bytes after which a block is closed, as in TensorFlow. */
const RESTART_INTERVAL = 16;
const BLOCK_BYTES = 1 << 18;

interface BlockHandle {
  readonly position: number;
  readonly length: number;
}

/** Every entry of the table, in the order of the keys. */
export async function readTable(source: ByteSource, error: TableError): Promise<TableEntry[]> {
  if (source.size < FOOTER_BYTES) throw error("the file is shorter than the footer of an index", 0);
  const footerAt = source.size - FOOTER_BYTES;
  const footer = await readBytes(source, footerAt, FOOTER_BYTES);
  if (new DataView(footer.buffer).getBigUint64(40, true) !== MAGIC)
    throw error("the magic number of an index is missing", source.size - 8);
  const cursor = new ByteCursor(footer, footerAt, (at) => error("the footer is damaged", at));
  readHandle(cursor);
  const index = await readBlock(source, readHandle(cursor), error);
  const entries: TableEntry[] = [];
  let end = 0;
  for (const { value } of index) {
    const at = new ByteCursor(value, footerAt, (position) => error("the block list is damaged", position));
    const handle = readHandle(at);
    // Blocks follow one another; reading one block twice could multiply a small file.
    if (handle.position < end) throw error("two blocks overlap", handle.position);
    end = handle.position + handle.length;
    for (const entry of await readBlock(source, handle, error)) entries.push(entry);
  }
  return entries;
}

function readHandle(cursor: ByteCursor): BlockHandle {
  return { position: cursor.varint(), length: cursor.varint() };
}

async function readBlock(source: ByteSource, handle: BlockHandle, error: TableError): Promise<TableEntry[]> {
  const { position, length } = handle;
  if (length > LARGEST_BLOCK || position + length + TRAILER_BYTES > source.size)
    throw error(`a block of ${length} bytes does not fit the file`, position);
  const bytes = await readBytes(source, position, length + TRAILER_BYTES);
  const stored = new DataView(bytes.buffer).getUint32(length + 1, true);
  if (maskCrc32c(crc32c(bytes.subarray(0, length + 1))) !== stored)
    throw error("a block of the index does not match its CRC-32C", position);
  const type = bytes[length];
  const body = bytes.subarray(0, length);
  if (type === RAW) return parseBlock(body, position, error);
  if (type !== SNAPPY) throw error(`a block has the unknown compression ${type}`, position + length);
  const inflated = inflateSnappy(body, LARGEST_BLOCK, (what, at) => error(what, position + at));
  return parseBlock(inflated, position, error);
}

function parseBlock(bytes: Uint8Array, position: number, error: TableError): TableEntry[] {
  const fault = (at: number): Error => error("an entry of a block is damaged", at);
  if (bytes.length < 4) throw fault(position);
  const restarts = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true);
  const end = bytes.length - 4 - 4 * restarts;
  if (end < 0) throw fault(position);
  const cursor = new ByteCursor(bytes.subarray(0, end), position, fault);
  const entries: TableEntry[] = [];
  let previous: Buffer = Buffer.alloc(0);
  while (cursor.remaining > 0) {
    const shared = cursor.varint();
    const rest = cursor.varint();
    const valueLength = cursor.varint();
    if (shared > previous.length || shared + rest > LARGEST_KEY) throw fault(cursor.position);
    const key = Buffer.concat([previous.subarray(0, shared), cursor.bytes(rest)]);
    entries.push({ key: key.toString("utf8"), value: cursor.bytes(valueLength) });
    previous = key;
  }
  return entries;
}

/** The bytes of a table with `entries`, whose keys must be sorted by their bytes; uncompressed, as TensorFlow writes it. */
export function buildTable(entries: readonly TableEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let position = 0;
  const appendBlock = (block: Uint8Array): Uint8Array => {
    const trailer = Buffer.alloc(TRAILER_BYTES);
    trailer.writeUInt32LE(maskCrc32c(crc32c(trailer, 0, 1, crc32c(block))), 1);
    parts.push(block, trailer);
    const handle = Buffer.concat([encodeVarint(position), encodeVarint(block.length)]);
    position += block.length + TRAILER_BYTES;
    return handle;
  };
  const index = new BlockBuilder();
  let block = new BlockBuilder();
  let last = "";
  const close = (next: string | null): void => {
    index.add(shortestKeyBetween(Buffer.from(last), next), appendBlock(block.finish()));
    block = new BlockBuilder();
  };
  for (const { key, value } of entries) {
    if (block.length >= BLOCK_BYTES) close(key);
    block.add(key, value);
    last = key;
  }
  if (block.length > 0) close(null);
  const meta = appendBlock(new BlockBuilder().finish());
  const indexHandle = appendBlock(index.finish());
  const footer = Buffer.alloc(FOOTER_BYTES);
  Buffer.concat([meta, indexHandle]).copy(footer);
  footer.writeBigUInt64LE(MAGIC, 40);
  return Buffer.concat([...parts, footer]);
}

/**
 * A short key that is not before `last` and is before `next` (LevelDB's FindShortestSeparator, FindShortSuccessor), so
 * that the bytes are those that TensorFlow writes.
 */
function shortestKeyBetween(last: Buffer, next: string | null): Buffer {
  const following = next === null ? null : Buffer.from(next);
  let at = 0;
  if (following !== null) {
    while (at < last.length && last[at] === following[at]) at++;
    if (at >= last.length || at >= following.length || last[at]! + 1 >= following[at]!) return last;
  } else while (at < last.length && last[at] === 0xff) at++;
  if (at >= last.length || last[at] === 0xff) return last;
  const short = Buffer.from(last.subarray(0, at + 1));
  short[at]! += 1;
  return short;
}

class BlockBuilder {
  private readonly parts: Uint8Array[] = [];
  private readonly restarts: number[] = [0];
  private previous: Buffer = Buffer.alloc(0);
  private count = 0;
  length = 0;

  add(key: string | Buffer, value: Uint8Array): void {
    const bytes = typeof key === "string" ? Buffer.from(key, "utf8") : key;
    let shared = 0;
    if (this.count > 0 && this.count % RESTART_INTERVAL === 0) this.restarts.push(this.length);
    else while (shared < bytes.length && bytes[shared] === this.previous[shared]) shared++;
    const rest = bytes.subarray(shared);
    for (const part of [
      encodeVarint(shared),
      encodeVarint(rest.length),
      encodeVarint(value.length),
      rest,
      value,
    ]) {
      this.parts.push(part);
      this.length += part.length;
    }
    this.previous = bytes;
    this.count += 1;
  }

  finish(): Uint8Array {
    const tail = Buffer.alloc(4 * this.restarts.length + 4);
    for (const [index, restart] of this.restarts.entries()) tail.writeUInt32LE(restart, 4 * index);
    tail.writeUInt32LE(this.restarts.length, 4 * this.restarts.length);
    return Buffer.concat([...this.parts, tail]);
  }
}
