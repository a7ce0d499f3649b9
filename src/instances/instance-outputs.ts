/** @file The outputs of a run: one sink a file for each format, several files taken in turn as the script does. */
import { basename, dirname, join } from "node:path";
import { openAtomic } from "../util/atomic-file.js";
import { type ByteTarget, ByteWriter } from "./byte-writer.js";
import type { PretrainingInstance } from "./instance.js";
import { formatInstance } from "./instance-json.js";
import type { InstanceFormat, InstanceWidths, RecordSink } from "./instance-sink.js";
import { createNativeFile } from "./native-file.js";
import type { RecordSource } from "./ordered-records.js";
import { createTfRecordFile } from "./tfrecord.js";

/** Takes spilled records in their final order. */
export interface RecordOutput {
  /** All of `records`, the first of which comes out in place `before` of the whole. */
  write(records: RecordSource, before: number, onPiece: (written: number) => void): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** `out` itself for one file; `out-00000-of-0000N` for several (the naming of TensorFlow's data sets). */
export function outputPaths(out: string, files: number): string[] {
  if (files === 1) return [out];
  const pad = (number: number): string => String(number).padStart(5, "0");
  return Array.from({ length: files }, (_, file) =>
    join(dirname(out), `${basename(out)}-${pad(file)}-of-${pad(files)}`),
  );
}

export async function createInstanceFile(
  path: string,
  format: InstanceFormat,
  widths: InstanceWidths,
): Promise<RecordSink> {
  if (format === "native") return createNativeFile(path, widths);
  if (format === "tfrecord") return createTfRecordFile(path, widths);
  const file = await openAtomic(path);
  return jsonLinesSink(file, file);
}

/** JSON lines to a file or a stream. */
export function jsonLinesSink(
  target: ByteTarget,
  file: { commit(): Promise<void>; discard(): Promise<void> },
): RecordSink {
  const writer = new ByteWriter(target);
  const write = (instance: PretrainingInstance): Promise<void> | undefined => {
    writer.put(Buffer.from(`${formatInstance(instance)}\n`, "latin1"));
    return writer.flushIfFull();
  };
  return {
    write,
    async writeOrdered(records, first, step, onPiece) {
      let written = 0;
      for (let place = first; place < records.count; place += step) {
        const full = write(records.instance(place));
        written += 1;
        if (full === undefined) continue;
        await full;
        onPiece(written);
        written = 0;
      }
    },
    async commit() {
      await writer.flush();
      await file.commit();
    },
    discard: () => file.discard(),
  };
}

/** Gives record k to sink k mod n (create_pretraining_data.py:131). */
export function roundRobin(sinks: readonly RecordSink[]): RecordOutput {
  const files = sinks.length;
  return {
    async write(records, before, onPiece) {
      for (const [file, sink] of sinks.entries())
        await sink.writeOrdered(records, (((file - before) % files) + files) % files, files, onPiece);
    },
    async commit() {
      for (const sink of sinks) await sink.commit();
    },
    async discard() {
      for (const sink of sinks) await sink.discard();
    },
  };
}
