/** @file The growing files of a run, in its hidden folder: appended to, cut back to a checkpoint, and published at the end. */
import { createHmac, type Hmac } from "node:crypto";
import { constants, type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { fileError } from "../util/file-error.js";

const PRIVATE = 0o600;
const FLUSH_AT = 1 << 20;

export interface GrowingFile {
  readonly name: string;
  /** Bytes appended so far, written or not. */
  readonly bytes: number;
  append(chunk: Uint8Array): Promise<void>;
  /** Writes what is pending and makes it durable. */
  sync(): Promise<void>;
  /** Renames the finished file to `folder/name`; returns its keyed hash (HMAC-SHA256, hex). */
  publish(folder: string): Promise<string>;
  close(): Promise<void>;
}

/** Opens `workFolder/name`, cut back to `bytes`, whose contents are hashed again. */
export async function openGrowingFile(
  workFolder: string,
  name: string,
  bytes: number,
  key: string,
): Promise<GrowingFile> {
  const path = join(workFolder, name);
  const hmac = createHmac("sha256", key);
  const handle = await openAt(path, bytes, hmac);
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let written = bytes;
  let isOpen = true;
  const flush = async (): Promise<void> => {
    const chunk = pending.length === 1 ? pending[0]! : Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    hmac.update(chunk);
    try {
      for (let done = 0; done < chunk.length; )
        done += (await handle.write(chunk, done, chunk.length - done, written + done)).bytesWritten;
    } catch (error) {
      throw fileError(error, path);
    }
    written += chunk.length;
  };
  const file: GrowingFile = {
    name,
    get bytes() {
      return written + pendingBytes;
    },
    async append(chunk) {
      pending.push(chunk);
      pendingBytes += chunk.length;
      if (pendingBytes >= FLUSH_AT) await flush();
    },
    async sync() {
      if (pendingBytes > 0) await flush();
      await handle.sync();
    },
    async publish(folder) {
      await file.sync();
      await file.close();
      try {
        await rename(path, join(folder, name));
      } catch (error) {
        throw fileError(error, join(folder, name));
      }
      return hmac.digest("hex");
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await handle.close();
    },
  };
  return file;
}

async function openAt(path: string, bytes: number, hmac: Hmac): Promise<FileHandle> {
  try {
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT, PRIVATE);
    await handle.truncate(bytes);
    const block = Buffer.allocUnsafe(Math.min(FLUSH_AT, Math.max(1, bytes)));
    for (let at = 0; at < bytes; ) {
      const { bytesRead } = await handle.read(block, 0, Math.min(block.length, bytes - at), at);
      hmac.update(block.subarray(0, bytesRead));
      at += bytesRead;
    }
    return handle;
  } catch (error) {
    throw fileError(error, path);
  }
}
