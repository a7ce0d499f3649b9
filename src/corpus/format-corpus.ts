/** @file The `format` stage: a stream of notes becomes corpus files that instance creation reads, restartable at any moment. */
import { ClinicalBertError } from "../errors.js";
import type { Note } from "../notes/note.js";
import type { Refusal } from "../notes/refusal.js";
import type { SectionSplitter } from "../sections/section.js";
import type { SentenceSplitter } from "../sentences/sentence.js";
import { cutBatches, malformed, type NoteBatch } from "../notes/note-batches.js";
import { chainDigest } from "./batch-digest.js";
import { type CorpusRun, openCorpusRun } from "./corpus-run.js";
import type { FormattedBatch } from "./format-batch.js";
import { checkBatch, workOn } from "./work-on-batch.js";
import type { CorpusManifest } from "./manifest.js";
import { inOrder } from "./pipeline.js";

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
  /** Malformed rows that the reader of `notes` tells of; those of batches come with them. */
  readonly refusals?: readonly Refusal[];
  /** Throw `NOTES_MALFORMED` at the first malformed row of a batch. */
  readonly strict?: boolean;
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
  format(batch: NoteBatch, key: string): Promise<WorkedBatch>;
  /** Only reads the notes again, for a run that goes on. */
  check(batch: NoteBatch, key: string): Promise<CheckedBatch>;
}

export interface CheckedBatch {
  /** `digestBatch` of the notes. */
  readonly digest: string;
  readonly refusals: readonly Refusal[];
}

export interface WorkedBatch extends CheckedBatch {
  readonly formatted: FormattedBatch;
}

const CHECKPOINT_EVERY_MS = 5_000;

/**
 * Writes `<category>.txt` (one sentence a line, blank line after each note), `<category>.notes.jsonl` (ids and patients, for
 * held-out splits by patient), `refused.jsonl`, `corpus.key` and, last of all, `manifest.json`. A run that was killed goes
 * on from its last checkpoint when it is started again with the same notes and options. Throws `CORPUS_*`, `FILE_*`,
 * and what the notes throw.
 */
export function formatCorpus(
  notes: AsyncIterable<Note> | Iterable<Note>,
  options: FormatCorpusOptions,
): Promise<CorpusManifest> {
  return formatBatches(plainBatches(notes), options);
}

async function* plainBatches(notes: AsyncIterable<Note> | Iterable<Note>): AsyncGenerator<NoteBatch> {
  for await (const batch of cutBatches(notes)) yield { notes: batch, refusals: [] };
}

/** The same for notes in batches, which threads may unpack. */
export async function formatBatches(
  batches: AsyncGenerator<NoteBatch>,
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
  const { state } = run;
  const refusals: Refusal[] = [];
  const refuse = (rows: readonly Refusal[]): void => {
    for (const row of rows) {
      if (options.strict) throw malformed(row);
      refusals.push(row);
    }
  };
  try {
    const worker = options.worker ?? inlineWorker({ sections, sentences, byCategory, diff });
    await skipDone(batches, run, worker, refuse);
    const work = inOrder(batches, worker.width, (batch) => worker.format(batch, state.key));
    let done = state.categories.reduce((sum, category) => sum + category.counts.notes, 0);
    let saved = performance.now();
    for await (const { formatted, digest, refusals: rows } of work) {
      options.signal?.throwIfAborted();
      refuse(rows);
      await run.append(formatted);
      state.batches++;
      state.chain = chainDigest(state.key, state.chain, digest);
      for (const { counts } of formatted.categories) done += counts.notes;
      options.onProgress?.(done);
      if (performance.now() - saved < (options.checkpointEvery ?? CHECKPOINT_EVERY_MS)) continue;
      await run.checkpoint();
      saved = performance.now();
    }
    return await run.publish([...(options.refusals ?? []), ...refusals]);
  } finally {
    await run.close();
  }
}

function inlineWorker(options: Parameters<typeof workOn>[2]): BatchWorker {
  return {
    width: 1,
    format: (batch, key) => workOn(batch, key, options),
    check: async (batch, key) => checkBatch(batch, key),
  };
}

/** Passes over the batches that a stopped run has done; refuses to go on when their notes have changed. */
async function skipDone(
  batches: AsyncGenerator<NoteBatch>,
  { state, folder }: CorpusRun,
  worker: BatchWorker,
  refuse: (rows: readonly Refusal[]) => void,
): Promise<void> {
  let chain = "";
  const done = inOrder(firstOf(batches, state.batches), worker.width, (batch) =>
    worker.check(batch, state.key),
  );
  for await (const { digest, refusals } of done) {
    refuse(refusals);
    chain = chainDigest(state.key, chain, digest);
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

/** The first `count` items; the rest stay in the generator. */
async function* firstOf<T>(items: AsyncGenerator<T>, count: number): AsyncGenerator<T> {
  for (let index = 0; index < count; index++) {
    const { value, done } = await items.next();
    if (done) return;
    yield value;
  }
}
