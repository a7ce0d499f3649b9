/** @file A file as bytes that are read by position (Node has no mmap); never reads it whole. */
import { open } from "node:fs/promises";
import { type ByteSource, requireRange, truncated } from "./byte-source.js";
import { fileError } from "./file-error.js";

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
