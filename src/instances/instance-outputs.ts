/** @file The outputs of a run: one sink a file for each format, several files taken in turn as the script does. */
import { basename, dirname, join } from "node:path";
import { openAtomic } from "../util/atomic-file.js";
import { type ByteTarget, ByteWriter } from "./byte-writer.js";
import type { PretrainingInstance } from "./instance.js";
import { formatInstance } from "./instance-json.js";
import { type IdBytes, instanceOfParts, RecordReader } from "./instance-record.js";
import type { InstanceFormat, InstanceWidths, PartsSink } from "./instance-sink.js";
import { createNativeFile, type NativeSink } from "./native-file.js";
import { createTfRecordFile } from "./tfrecord.js";

/** Takes spill records in their final order. */
export interface RecordOutput {
  /** Wait when it gives a promise. `null` comes back for a damaged record. */
  write(record: Uint8Array): Promise<void> | undefined;
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
): Promise<PartsSink | NativeSink> {
  if (format === "native") return createNativeFile(path, widths);
  if (format === "tfrecord") return createTfRecordFile(path, widths);
  const file = await openAtomic(path);
  return jsonLinesSink(file, file);
}

/** JSON lines to a file or a stream. */
export function jsonLinesSink(
  target: ByteTarget,
  file: { commit(): Promise<void>; discard(): Promise<void> },
): PartsSink {
  const writer = new ByteWriter(target);
  const write = (instance: PretrainingInstance): Promise<void> | undefined => {
    writer.put(Buffer.from(`${formatInstance(instance)}\n`, "latin1"));
    return writer.flushIfFull();
  };
  return {
    write,
    writeParts: (parts) => write(instanceOfParts(parts)),
    async commit() {
      await writer.flush();
      await file.commit();
    },
    discard: () => file.discard(),
  };
}

/** Gives record k to sink k mod n (create_pretraining_data.py:131). */
export function roundRobin(
  sinks: readonly (PartsSink | NativeSink)[],
  idBytes: IdBytes,
  { maxLength, maxPredictions }: InstanceWidths,
  onDamage: () => Error,
): RecordOutput {
  let turn = 0;
  const reader = new RecordReader(idBytes, maxLength, maxPredictions);
  return {
    write(record) {
      const sink = sinks[turn]!;
      turn = (turn + 1) % sinks.length;
      if ("writeRecord" in sink) return sink.writeRecord(record);
      if (!reader.load(record)) throw onDamage();
      return sink.writeParts(reader);
    },
    async commit() {
      for (const sink of sinks) await sink.commit();
    },
    async discard() {
      for (const sink of sinks) await sink.discard();
    },
  };
}
