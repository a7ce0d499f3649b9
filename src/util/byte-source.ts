/** @file Bytes that are read by position: a buffer in memory here, a file in `file-source.ts`. */
import { ClinicalBertError } from "../errors.js";

export interface ByteSource {
  /** What errors call it; for a file its path. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Fills `target` from `position`; throws `FILE_TRUNCATED` where the bytes end before it is full. */
  readInto(target: Uint8Array, position: number): Promise<void>;
  /** Bytes that are in memory, not copied; absent where they are not. Throws as `readInto`. */
  view?(position: number, length: number): Uint8Array;
  close(): Promise<void>;
}

/** The bytes of a buffer; `name` stands for the path in errors. */
export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  return {
    path: name,
    size: bytes.length,
    async readInto(target, position) {
      requireRange(name, bytes.length, position, target.length);
      target.set(bytes.subarray(position, position + target.length));
    },
    view(position, length) {
      requireRange(name, bytes.length, position, length);
      return bytes.subarray(position, position + length);
    },
    async close() {},
  };
}

/** `length` bytes from `position` in a buffer of their own; checked against the size before anything is allocated. */
export async function readBytes(
  source: ByteSource,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  requireRange(source.path, source.size, position, length);
  const bytes = new Uint8Array(length);
  await source.readInto(bytes, position);
  return bytes;
}

/** Throws `FILE_TRUNCATED` for a range that is not within `size` bytes. */
export function requireRange(path: string, size: number, position: number, length: number): void {
  if (!(position >= 0 && length >= 0 && position + length <= size))
    throw truncated(path, size, position, length);
}

export function truncated(path: string, size: number, position: number, length: number): ClinicalBertError {
  return new ClinicalBertError(
    "FILE_TRUNCATED",
    `${path} has ${size} bytes, but ${length} bytes are needed at offset ${position}.`,
    { details: { path, size, offset: position, length } },
  );
}
