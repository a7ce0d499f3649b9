/** @file Zip archives whose entries are stored, not compressed (PyTorch's): a directory read by position, and a writer. */
import { crc32 } from "node:zlib";
import type { AtomicFile } from "./atomic-file.js";
import { ByteCursor } from "./byte-cursor.js";
import { type ByteSource, readBytes } from "./byte-source.js";

/** A file in the archive; its bytes stand in the archive as they are. */
export interface ZipEntry {
  readonly name: string;
  /** Position of the first byte in the archive. */
  readonly start: number;
  readonly length: number;
  /** 0 where the writer did not compute one. */
  readonly crc32: number;
}

/** Makes the error for an archive that contradicts its format, or (`compressed`) needs more than this reader. */
export type ZipError = (what: string, offset: number, compressed?: boolean) => Error;

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const LARGEST_DIRECTORY = 1 << 26;
const MAX_16 = 0xffff;
const MAX_32 = 0xffffffff;

interface Directory {
  readonly position: number;
  readonly length: number;
  readonly count: number;
}

/**
 * Reads the central directory. Refused are compressed and encrypted entries, ranges outside the file or overlapping one
 * another (the "better zip bomb"), two entries of one name, and local headers that name another file.
 */
export async function readZipDirectory(source: ByteSource, error: ZipError): Promise<Map<string, ZipEntry>> {
  const directory = await findDirectory(source, error);
  const { position, length, count } = directory;
  if (length > LARGEST_DIRECTORY || position + length > source.size)
    throw error(`a directory of ${length} bytes at ${position} does not fit the file`, position);
  const bytes = await readBytes(source, position, length);
  const cursor = new ByteCursor(bytes, position, (at) => error("the directory is cut short", at));
  const entries = new Map<string, ZipEntry>();
  for (let index = 0; index < count; index++) {
    const entry = await readEntry(source, cursor, error);
    if (entries.has(entry.name)) throw error(`two entries named ${JSON.stringify(entry.name)}`, entry.start);
    entries.set(entry.name, entry);
  }
  requireDisjoint([...entries.values()], error);
  return entries;
}

async function findDirectory(source: ByteSource, error: ZipError): Promise<Directory> {
  const tailLength = Math.min(source.size, END_BYTES + LONGEST_COMMENT);
  const tailAt = source.size - tailLength;
  const tail = Buffer.from((await readBytes(source, tailAt, tailLength)).buffer);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END) continue;
    const count = tail.readUInt16LE(at + 10);
    const length = tail.readUInt32LE(at + 12);
    const position = tail.readUInt32LE(at + 16);
    if (count !== MAX_16 && length !== MAX_32 && position !== MAX_32) return { position, length, count };
    return readEnd64(source, tailAt + at, error);
  }
  throw error("the end of the zip directory is missing", source.size);
}

async function readEnd64(source: ByteSource, endAt: number, error: ZipError): Promise<Directory> {
  if (endAt < 20) throw error("the zip64 locator is missing", endAt);
  const locator = Buffer.from((await readBytes(source, endAt - 20, 20)).buffer);
  const at = Number(locator.readBigUInt64LE(8));
  if (locator.readUInt32LE(0) !== LOCATOR_64 || at + 56 > source.size)
    throw error("the zip64 locator is damaged", endAt - 20);
  const end = Buffer.from((await readBytes(source, at, 56)).buffer);
  if (end.readUInt32LE(0) !== END_64) throw error("the zip64 end of the directory is damaged", at);
  return {
    count: Number(end.readBigUInt64LE(32)),
    length: Number(end.readBigUInt64LE(40)),
    position: Number(end.readBigUInt64LE(48)),
  };
}

async function readEntry(source: ByteSource, cursor: ByteCursor, error: ZipError): Promise<ZipEntry> {
  const at = cursor.position;
  if (cursor.uint32() !== CENTRAL) throw error("the directory is damaged", at);
  cursor.skip(4);
  const flags = cursor.uint16();
  const method = cursor.uint16();
  cursor.skip(4);
  const crc = cursor.uint32();
  let compressed = cursor.uint32();
  let length = cursor.uint32();
  const nameLength = cursor.uint16();
  const extraLength = cursor.uint16();
  const commentLength = cursor.uint16();
  cursor.skip(8);
  let header = cursor.uint32();
  const name = Buffer.from(cursor.bytes(nameLength)).toString("utf8");
  const extra = new ByteCursor(cursor.bytes(extraLength), at, () => error("an extra field is cut short", at));
  cursor.skip(commentLength);
  while (extra.remaining >= 4) {
    const id = extra.uint16();
    const field = new ByteCursor(extra.bytes(extra.uint16()), at, () =>
      error("a zip64 field is cut short", at),
    );
    if (id !== 1) continue;
    if (length === MAX_32) length = field.uint64();
    if (compressed === MAX_32) compressed = field.uint64();
    if (header === MAX_32) header = field.uint64();
  }
  const quoted = JSON.stringify(name.slice(0, 200));
  if ((flags & 1) !== 0) throw error(`the entry ${quoted} is encrypted`, at, true);
  if (method !== 0) throw error(`the entry ${quoted} is compressed (method ${method})`, at, true);
  if (compressed !== length) throw error(`the entry ${quoted} has two lengths`, at);
  if (header + 30 > source.size) throw error(`the entry ${quoted} starts after the end of the file`, at);
  const start = header + 30 + (await localNameAndExtra(source, header, name, error));
  if (start + length > source.size)
    throw error(`the entry ${quoted} (${length} bytes) ends after the file`, start);
  return { name, start, length, crc32: crc };
}

async function localNameAndExtra(
  source: ByteSource,
  at: number,
  name: string,
  error: ZipError,
): Promise<number> {
  const fixed = Buffer.from((await readBytes(source, at, 30)).buffer);
  const nameLength = fixed.readUInt16LE(26);
  if (fixed.readUInt32LE(0) !== LOCAL || at + 30 + nameLength > source.size)
    throw error("a local header is damaged", at);
  const local = Buffer.from((await readBytes(source, at + 30, nameLength)).buffer).toString("utf8");
  if (local !== name) throw error("a local header names another file than the directory", at);
  return nameLength + fixed.readUInt16LE(28);
}

function requireDisjoint(entries: ZipEntry[], error: ZipError): void {
  let end = 0;
  for (const entry of entries.sort((a, b) => a.start - b.start || a.length - b.length)) {
    if (entry.start < end)
      throw error(`the entry ${JSON.stringify(entry.name.slice(0, 200))} overlaps another`, entry.start);
    end = entry.start + entry.length;
  }
}

interface WrittenEntry {
  readonly name: Buffer;
  readonly header: number;
  readonly length: number;
  readonly crc: number;
}

/** Writes stored entries one after another, each aligned; `finish` writes the directory, with zip64 where it must. */
export class ZipWriter {
  private position = 0;
  private readonly written: WrittenEntry[] = [];

  constructor(
    private readonly file: AtomicFile,
    private readonly alignment: number,
  ) {}

  async add(entryName: string, bytes: Uint8Array): Promise<void> {
    const name = Buffer.from(entryName, "utf8");
    const header = this.position;
    const unpadded = header + 30 + name.length + 4;
    const padding = (this.alignment - (unpadded % this.alignment)) % this.alignment;
    const crc = crc32(bytes);
    const big = bytes.length >= MAX_32;
    const local = Buffer.alloc(30 + name.length + 4 + padding);
    local.writeUInt32LE(LOCAL, 0);
    local.writeUInt16LE(big ? 45 : 20, 4);
    local.writeUInt16LE(0x0800, 6); // names are UTF-8
    local.writeUInt32LE(crc, 14);
    local.writeUInt32LE(big ? MAX_32 : bytes.length, 18);
    local.writeUInt32LE(big ? MAX_32 : bytes.length, 22);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(4 + padding, 28);
    name.copy(local, 30);
    // PyTorch's own padding field ("FB"), which readers skip.
    local.write("FB", 30 + name.length, "latin1");
    local.writeUInt16LE(padding, 32 + name.length);
    await this.file.write(local);
    await this.file.write(bytes);
    this.position += local.length + bytes.length;
    this.written.push({ name, header, length: bytes.length, crc });
  }

  async finish(): Promise<void> {
    const start = this.position;
    for (const entry of this.written) await this.append(centralEntry(entry));
    const length = this.position - start;
    const count = this.written.length;
    if (count >= MAX_16 || start >= MAX_32 || length >= MAX_32)
      await this.append(end64(start, length, count));
    const end = Buffer.alloc(END_BYTES);
    end.writeUInt32LE(END, 0);
    end.writeUInt16LE(Math.min(count, MAX_16), 8);
    end.writeUInt16LE(Math.min(count, MAX_16), 10);
    end.writeUInt32LE(Math.min(length, MAX_32), 12);
    end.writeUInt32LE(Math.min(start, MAX_32), 16);
    await this.append(end);
  }

  private async append(bytes: Uint8Array): Promise<void> {
    await this.file.write(bytes);
    this.position += bytes.length;
  }
}

function centralEntry({ name, header, length, crc }: WrittenEntry): Buffer {
  const large = [
    length >= MAX_32 ? length : null,
    length >= MAX_32 ? length : null,
    header >= MAX_32 ? header : null,
  ];
  const wide = large.filter((value) => value !== null);
  const extra = Buffer.alloc(wide.length === 0 ? 0 : 4 + 8 * wide.length);
  if (wide.length > 0) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(8 * wide.length, 2);
    for (const [index, value] of wide.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  }
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(CENTRAL, 0);
  entry.writeUInt16LE(45, 4);
  entry.writeUInt16LE(wide.length > 0 ? 45 : 20, 6);
  entry.writeUInt16LE(0x0800, 8);
  entry.writeUInt32LE(crc, 16);
  entry.writeUInt32LE(Math.min(length, MAX_32), 20);
  entry.writeUInt32LE(Math.min(length, MAX_32), 24);
  entry.writeUInt16LE(name.length, 28);
  entry.writeUInt16LE(extra.length, 30);
  entry.writeUInt32LE(Math.min(header, MAX_32), 42);
  return Buffer.concat([entry, name, extra]);
}

function end64(start: number, length: number, count: number): Buffer {
  const bytes = Buffer.alloc(76);
  bytes.writeUInt32LE(END_64, 0);
  bytes.writeBigUInt64LE(44n, 4);
  bytes.writeUInt16LE(45, 12);
  bytes.writeUInt16LE(45, 14);
  bytes.writeBigUInt64LE(BigInt(count), 24);
  bytes.writeBigUInt64LE(BigInt(count), 32);
  bytes.writeBigUInt64LE(BigInt(length), 40);
  bytes.writeBigUInt64LE(BigInt(start), 48);
  bytes.writeUInt32LE(LOCATOR_64, 56);
  bytes.writeBigUInt64LE(BigInt(start + length), 64);
  bytes.writeUInt32LE(1, 72);
  return bytes;
}
