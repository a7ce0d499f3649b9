/** @file Bytes that are read by position: a file (Node has no mmap) or a buffer in memory. Never reads a file whole. */
import { open } from "node:fs/promises";
import { ClinicalBertError } from "../errors.js";
import { fileError } from "./file-error.js";

export interface ByteSource {
  /** What errors call it; for a file its path. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Fills `target` from `position`; throws `FILE_TRUNCATED` where the bytes end before it is full. */
  readInto(target: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
}

/** Linux moves at most 2 GiB a call. */
const LARGEST_READ = 1 << 30;

/** Opens a file for reading by position. */
export async function openFileSource(path: string): Promise<ByteSource> {
  try {
    const handle = await open(path, "r");
    const { size } = await handle.stat();
    return {
      path,
      size,
      async readInto(target, position) {
        requireRange(path, size, position, target.length);
        for (let done = 0; done < target.length; ) {
          const length = Math.min(LARGEST_READ, target.length - done);
          const { bytesRead } = await handle.read(target, done, length, position + done);
          if (bytesRead === 0) throw truncated(path, size, position + done, target.length - done);
          done += bytesRead;
        }
      },
      close: () => handle.close(),
    };
  } catch (error) {
    throw fileError(error, path);
  }
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

function requireRange(path: string, size: number, position: number, length: number): void {
  if (!(position >= 0 && length >= 0 && position + length <= size))
    throw truncated(path, size, position, length);
}

function truncated(path: string, size: number, position: number, length: number): ClinicalBertError {
  return new ClinicalBertError(
    "FILE_TRUNCATED",
    `${path} has ${size} bytes, but ${length} bytes are needed at offset ${position}.`,
    { details: { path, size, offset: position, length } },
  );
}
