/** @file How much disk a run needs, estimated from the head of the corpus before anything is written. */
import { open, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { ClinicalBertError } from "../errors.js";
import type { WordPieceTokenizer } from "../tokens/wordpiece-tokenizer.js";
import { idBytesFor, recordBytes } from "./instance-record.js";
import type { InstanceFormat } from "./instance-sink.js";
import { planBytes } from "./kernel/layout.js";
import { PLANNED_BYTES } from "./planned-shards.js";
import type { InstanceMode, InstanceSettings } from "./settings.js";
import { ROW_MEMORY_BYTES } from "./token-files.js";
import { BlockTokenizer } from "./tokenized-block.js";

export interface DiskEstimate {
  /** Bytes of tokenized corpus, and of spill and buckets where the run does not stay in memory. */
  readonly temporary: number;
  readonly output: number;
}

const SAMPLE_BYTES = 1 << 20;
/** Drawn segments and put-back sentences make up about this many tokens of instances for each token of the corpus. */
const INSTANCE_TOKENS = 1.6;
/** Instances are this full on the average at the usual short-sequence probability; lower counts more instances. */
const FILL = 0.8;

/** The sample may be unlike the rest: only what is well below a limit counts as below. */
const CERTAIN = 0.7;

export async function estimateDisk(
  files: readonly string[],
  tokenizer: WordPieceTokenizer,
  settings: InstanceSettings,
  format: InstanceFormat,
  mode: InstanceMode = "exact",
): Promise<DiskEstimate> {
  let bytes = 0;
  const sampled = { bytes: 0, tokens: 0, sentences: 0, blanks: 0 };
  const blocks = new BlockTokenizer(tokenizer);
  for (const file of files) {
    bytes += (await stat(file)).size;
    await sampleFile(file, blocks, sampled);
  }
  const scale = bytes / Math.max(1, sampled.bytes);
  const tokens = sampled.tokens * scale;
  const idBytes = idBytesFor(tokenizer.vocabulary.tokens.length);
  const instances = (settings.dupeFactor * tokens * INSTANCE_TOKENS) / (FILL * settings.maxLength) + 1;
  const length = Math.ceil(FILL * settings.maxLength);
  const predictions = Math.min(settings.maxPredictions, Math.ceil(length * settings.maskedShare));
  const spill = instances * recordBytes(length, predictions, idBytes);
  const perInstance = {
    native: recordBytes(length, predictions, idBytes) + 8,
    tfrecord: 256 + settings.maxLength * 4 + settings.maxPredictions * 8,
    jsonl: 128 + length * 8 + predictions * 12,
  }[format];
  const starts = sampled.sentences * 4 * scale;
  const isPlanned =
    mode === "exact" &&
    instances * planBytes(settings, tokenizer.vocabulary.tokens.length) < CERTAIN * PLANNED_BYTES &&
    Math.max(tokens * idBytes, starts) < CERTAIN * ROW_MEMORY_BYTES;
  return {
    temporary: Math.ceil(
      tokens * idBytes + starts + sampled.blanks * 12 * scale + (isPlanned ? 0 : 2 * spill),
    ),
    output: Math.ceil(instances * perInstance),
  };
}

/** The head of a file; what is not UTF-8 there is told of when it is tokenized. */
async function sampleFile(
  path: string,
  blocks: BlockTokenizer,
  sampled: { bytes: number; tokens: number; sentences: number; blanks: number },
): Promise<void> {
  const handle = await open(path, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, 0);
    const { ids, lengths, lines } = blocks.tokenizeLines(buffer.subarray(0, bytesRead));
    sampled.tokens += ids.length;
    sampled.sentences += lengths.length;
    sampled.blanks += lines - lengths.length;
    sampled.bytes += bytesRead;
  } finally {
    await handle.close();
  }
}

/**
 * Compares an estimate with what the disks have free.
 * @param out `null` for standard output
 * @param present bytes that an earlier start of this run has spilled already
 * @throws `DISK_FULL` naming what is needed and what is there
 */
export async function requireDisk(
  estimate: DiskEstimate,
  temporary: string,
  out: string | null,
  present: number,
): Promise<void> {
  const free = async (folder: string): Promise<{ bytes: number; disk: string }> => {
    const { bavail, bsize, type, blocks, files } = await statfs(folder);
    return { bytes: bavail * bsize, disk: `${type} ${blocks} ${files}` };
  };
  const spill = await free(temporary);
  const spillBytes = spill.bytes + present;
  if (out === null) return refuseUnless(spillBytes, estimate.temporary, temporary);
  const target = await free(dirname(out));
  if (target.disk === spill.disk)
    return refuseUnless(spillBytes, estimate.temporary + estimate.output, temporary);
  refuseUnless(spillBytes, estimate.temporary, temporary);
  refuseUnless(target.bytes, estimate.output, dirname(out));
}

function refuseUnless(free: number, needed: number, folder: string): void {
  if (free >= needed) return;
  const show = (bytes: number): string =>
    bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
  throw new ClinicalBertError(
    "DISK_FULL",
    `The run needs about ${show(needed)} in ${folder}, where ${show(free)} are free; nothing was written.`,
    {
      details: { folder, needed, free },
      remedy: "Free space, lower --dupe-factor, or name another disk with --tmp.",
    },
  );
}
