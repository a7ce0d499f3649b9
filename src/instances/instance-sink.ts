/** @file Where finished instances go: one interface for JSON lines, TFRecord and the native format. */
import type { PretrainingInstance } from "./instance.js";
import type { RecordSource } from "./ordered-records.js";

/** Widths that every record of a file shares. */
export interface InstanceWidths {
  /** Tokens of a padded instance (`--max-length`). */
  readonly maxLength: number;
  /** Masked positions of a padded instance (`--max-predictions`). */
  readonly maxPredictions: number;
  readonly vocabularySize: number;
}

export type InstanceFormat = "jsonl" | "tfrecord" | "native";

export interface InstanceSink {
  /** Takes one instance; wait when it gives a promise. */
  write(instance: PretrainingInstance): Promise<void> | undefined;
  /** Makes the file appear under its name. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** A sink that also takes records as a run has spilled them. */
export interface RecordSink extends InstanceSink {
  /** The records of the places `first`, `first` + `step`, … `onPiece` is called with how many more are written; what it throws ends it. */
  writeOrdered(
    records: RecordSource,
    first: number,
    step: number,
    onPiece: (written: number) => void,
  ): Promise<void>;
}

/** Anything that can be read by instance number. */
export interface InstanceReader {
  readonly count: number;
  readonly maxLength: number;
  readonly maxPredictions: number;
  /** @throws `INSTANCE_FILE_INVALID` naming record and byte where the file is damaged */
  read(index: number): PretrainingInstance;
  close(): void;
}

/** The first `count` instances of a reader, by default all, in the order of its files. */
export function* readInstances(
  reader: InstanceReader,
  count = reader.count,
): Generator<PretrainingInstance, void, undefined> {
  for (let index = 0; index < count; index++) yield reader.read(index);
}
