/** @file The `format` stage: a stream of notes becomes corpus files that instance creation reads, restartable at any moment. */
import { ClinicalBertError } from "../errors.js";
import type { Note } from "../notes/note.js";
import type { Refusal } from "../notes/refusal.js";
import type { SectionSplitter } from "../sections/section.js";
import type { SentenceSplitter } from "../sentences/sentence.js";
import { chainDigest, digestBatch } from "./batch-digest.js";
import { type CorpusRun, openCorpusRun } from "./corpus-run.js";
import { type FormattedBatch, formatBatch } from "./format-batch.js";
import type { CorpusManifest } from "./manifest.js";
import { cutBatches, inOrder } from "./pipeline.js";

export interface FormatCorpusOptions {
  /** Folder of the corpus; made when missing. */
  readonly out: string;
  readonly sections: SectionSplitter;
  readonly sentences: SentenceSplitter;
  /** One file a category (default), or all notes in `notes.txt`. */
  readonly byCategory?: boolean;
  /** Also count and place what this rule set would have made otherwise (`differences.jsonl`). */
  readonly diff?: SectionSplitter | null;
  /** What the notes are (paths, filters); written to the manifest and compared when a stopped run goes on. */
  readonly source?: unknown;
  /** Malformed rows, filled by the source while its notes are read. */
  readonly refusals?: readonly Refusal[];
  /** Formats batches elsewhere (worker threads); default: on this thread. */
  readonly worker?: BatchWorker;
  readonly packageVersion?: string;
  /** Milliseconds between checkpoints, default 5000. */
  readonly checkpointEvery?: number;
  readonly signal?: AbortSignal;
  onProgress?(notes: number): void;
}

export interface BatchWorker {
  /** How many batches may be in work at once. */
  readonly width: number;
  format(notes: readonly Note[], key: string): Promise<WorkedBatch>;
}

export interface WorkedBatch {
  readonly formatted: FormattedBatch;
  /** `digestBatch` of the notes. */
  readonly digest: string;
}

const CHECKPOINT_EVERY_MS = 5_000;

/**
 * Writes `<category>.txt` (one sentence a line, blank line after each note), `<category>.notes.jsonl` (ids and patients, for
 * held-out splits by patient), `refused.jsonl`, `corpus.key` and, last of all, `manifest.json`. A run that was killed goes
 * on from its last checkpoint when it is started again with the same notes and options. Throws `CORPUS_*`, `FILE_*`,
 * and what the notes throw.
 */
export async function formatCorpus(
  notes: AsyncIterable<Note> | Iterable<Note>,
  options: FormatCorpusOptions,
): Promise<CorpusManifest> {
  const { sections, sentences, byCategory = true, diff = null } = options;
  const run = await openCorpusRun(options.out, {
    package: options.packageVersion ?? "",
    sectionRules: sections.rules,
    sentenceSplitter: sentences.identity ?? sentences.name,
    byCategory,
    diff: diff?.rules ?? null,
    source: options.source ?? null,
  });
  try {
    const batches = cutBatches(notes);
    await skipDone(batches, run);
    const worker = options.worker ?? inlineWorker({ sections, sentences, byCategory, diff });
    const work = inOrder(batches, worker.width, (batch) => worker.format(batch, run.state.key));
    let done = run.state.categories.reduce((sum, category) => sum + category.counts.notes, 0);
    let saved = performance.now();
    for await (const { formatted, digest } of work) {
      options.signal?.throwIfAborted();
      await run.append(formatted);
      run.state.batches++;
      run.state.chain = chainDigest(run.state.key, run.state.chain, digest);
      for (const { counts } of formatted.categories) done += counts.notes;
      options.onProgress?.(done);
      if (performance.now() - saved < (options.checkpointEvery ?? CHECKPOINT_EVERY_MS)) continue;
      await run.checkpoint();
      saved = performance.now();
    }
    return await run.publish(options.refusals ?? []);
  } finally {
    await run.close();
  }
}

function inlineWorker(options: Parameters<typeof formatBatch>[1]): BatchWorker {
  return {
    width: 1,
    async format(notes, key) {
      return { formatted: formatBatch(notes, options), digest: digestBatch(key, notes) };
    },
  };
}

/** Passes over the batches that a stopped run has done; refuses to go on when their notes have changed. */
async function skipDone(batches: AsyncGenerator<Note[]>, { state, folder }: CorpusRun): Promise<void> {
  let chain = "";
  for (let index = 0; index < state.batches; index++) {
    const { value, done } = await batches.next();
    if (done) break;
    chain = chainDigest(state.key, chain, digestBatch(state.key, value));
  }
  if (chain !== state.chain)
    throw new ClinicalBertError(
      "CORPUS_CHANGED",
      `The notes differ from those of the run that was stopped in ${folder}.`,
      {
        details: { folder, batches: state.batches },
      },
    );
}
