/** @file Opens files of instances of any kind, several of them as one. */
import { closeSync, createReadStream, createWriteStream, readSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { ClinicalBertError } from "../errors.js";
import { fileError } from "../util/file-error.js";
import type { InstanceReader } from "./instance-sink.js";
import { invalid, NATIVE_MAGIC, openForReading, openNativeFile } from "./native-file.js";
import { openJsonLinesFile } from "./jsonl-file.js";
import { openTfRecordFile } from "./tfrecord.js";

const OPENING_BRACE = 0x7b;

export interface OpenInstancesOptions {
  /** Widths that the caller needs; a file of others is refused. */
  readonly maxLength?: number;
  readonly maxPredictions?: number;
}

/** Several files as one row of instances. */
export interface OpenInstances extends InstanceReader {
  /** Records of each file, in the order of the paths. */
  readonly fileCounts: readonly number[];
}

/**
 * Opens native, TFRecord and JSON-line files (told apart by their first bytes) as one row of instances.
 * @throws `INSTANCE_FILE_INVALID` for damaged files, `INSTANCE_WIDTH` where widths differ from `options` or between files
 */
export async function openInstances(
  paths: string | readonly string[],
  options: OpenInstancesOptions = {},
): Promise<OpenInstances> {
  const files = typeof paths === "string" ? [paths] : paths;
  const readers: InstanceReader[] = [];
  try {
    for (const path of files) {
      const reader = await openOne(path);
      readers.push(reader);
      const first = readers[0]!;
      checkWidth(path, "--max-length", reader.maxLength, options.maxLength ?? first.maxLength);
      checkWidth(
        path,
        "--max-predictions",
        reader.maxPredictions,
        options.maxPredictions ?? first.maxPredictions,
      );
    }
  } catch (error) {
    for (const reader of readers) reader.close();
    throw error;
  }
  const fileCounts = readers.map(({ count }) => count);
  return { ...(readers.length === 1 ? readers[0]! : joinReaders(readers)), fileCounts };
}

async function openOne(path: string): Promise<InstanceReader> {
  const descriptor = openForReading(path);
  const head = new Uint8Array(NATIVE_MAGIC.length);
  const read = readSync(descriptor, head, 0, head.length, 0);
  closeSync(descriptor);
  if (read === 0) throw invalid(path, "is empty");
  if (head[0] === 0x1f && head[1] === 0x8b) return openCompressed(path);
  if (String.fromCharCode(...head) === NATIVE_MAGIC) return openNativeFile(path);
  // The eighth byte of a TFRecord is the top of a 64-bit length.
  return head[0] === OPENING_BRACE && head[7] !== 0 ? openJsonLinesFile(path) : openTfRecordFile(path);
}

/** Unpacks to a private temporary file, which loses its name as soon as it is open: records must be read by position. */
async function openCompressed(path: string): Promise<InstanceReader> {
  const folder = await mkdtemp(join(tmpdir(), "clinicalbert-records-"));
  const unpacked = join(folder, "records");
  try {
    await pipeline(createReadStream(path), createGunzip(), createWriteStream(unpacked, { mode: 0o600 }));
    return openTfRecordFile(unpacked, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith("Z_") === true) throw invalid(path, `is damaged gzip data (${code})`);
    throw fileError(error, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function checkWidth(path: string, flag: string, found: number, wanted: number): void {
  if (found === wanted) return;
  throw new ClinicalBertError(
    "INSTANCE_WIDTH",
    `${path} was made with ${flag} ${found}, here ${flag} is ${wanted}.`,
    {
      details: { path, flag, found, wanted },
      remedy: `Give ${flag} ${found} here, or create the instances again with ${flag} ${wanted}.`,
    },
  );
}

function joinReaders(readers: readonly InstanceReader[]): InstanceReader {
  const starts = [0];
  for (const reader of readers) starts.push(starts.at(-1)! + reader.count);
  return {
    count: starts.at(-1)!,
    maxLength: readers[0]!.maxLength,
    maxPredictions: readers[0]!.maxPredictions,
    read(index) {
      let file = 0;
      while (index >= starts[file + 1]!) file += 1;
      return readers[file]!.read(index - starts[file]!);
    },
    close() {
      for (const reader of readers) reader.close();
    },
  };
}
