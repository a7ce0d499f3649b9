/** @file The `format` stage: a stream of notes becomes corpus files that instance creation reads, restartable at any moment. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ClinicalBertError } from "../errors.js";
import type { Note } from "../notes/note.js";
import type { Refusal } from "../notes/refusal.js";
import type { SectionSplitter } from "../sections/section.js";
import type { SentenceSplitter } from "../sentences/sentence.js";
import { syncFolder, writeAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import { chainDigest, digestBatch } from "./batch-digest.js";
import {
  type CategoryState,
  newCategoryState,
  type RunState,
  readRunState,
  writeRunState,
} from "./checkpoint.js";
import { type GrowingFile, openGrowingFile } from "./corpus-files.js";
import { addCounts, emptyCounts, type FormattedBatch, formatBatch } from "./format-batch.js";
import type { CorpusManifest, ManifestFile } from "./manifest.js";
import { cutBatches, inOrder } from "./pipeline.js";

export interface FormatCorpusOptions {
  /** Folder of the corpus; made when missing. */
  readonly out: string;
  readonly sections: SectionSplitter;
  readonly sentences: SentenceSplitter;
  /** One file a category (default), or all notes in `notes.txt`. */
  readonly byCategory?: boolean;
  /** What the notes are (paths, filters); written to the manifest and compared when a stopped run goes on. */
  readonly source?: unknown;
  /** Malformed rows, filled by the source while its notes are read. */
  readonly refusals?: readonly Refusal[];
  /** Formats batches elsewhere (worker threads); default: on this thread. */
  readonly worker?: BatchWorker;
  readonly packageVersion?: string;
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
const MOST_CATEGORIES = 256;

/**
 * Writes `<category>.txt` (one sentence a line, blank line after each note), `<category>.notes.jsonl` (ids and patients, for
 * held-out splits by patient), `refused.jsonl`, `corpus.key` and, last of all, `manifest.json`. A run that was killed goes
 * on from its last checkpoint when it is started again with the same notes and options.
 */
export async function formatCorpus(
  notes: AsyncIterable<Note> | Iterable<Note>,
  options: FormatCorpusOptions,
): Promise<CorpusManifest> {
  const run = await openRun(options);
  try {
    const batches = await skipDone(cutBatches(notes), run);
    const worker = options.worker ?? inlineWorker(options);
    const work = inOrder(batches, worker.width, async (batch) => ({
      size: batch.length,
      ...(await worker.format(batch, run.state.key)),
    }));
    let done = run.state.categories.reduce((sum, category) => sum + category.counts.notes, 0);
    let saved = performance.now();
    for await (const { formatted, digest, size } of work) {
      if (options.signal?.aborted) throw options.signal.reason;
      await run.append(formatted);
      run.state.batches++;
      run.state.chain = chainDigest(run.state.key, run.state.chain, digest);
      done += size;
      options.onProgress?.(done);
      if (performance.now() - saved < CHECKPOINT_EVERY_MS) continue;
      await run.checkpoint();
      saved = performance.now();
    }
    return await run.publish();
  } finally {
    await run.close();
  }
}

function inlineWorker({ sections, sentences, byCategory = true }: FormatCorpusOptions): BatchWorker {
  return {
    width: 1,
    async format(notes, key) {
      return {
        formatted: formatBatch(notes, sections, sentences, byCategory),
        digest: digestBatch(key, notes),
      };
    },
  };
}

/** Passes over the batches that a stopped run has done; starts anew when their notes have changed. */
async function skipDone(batches: AsyncGenerator<Note[]>, run: CorpusRun): Promise<AsyncGenerator<Note[]>> {
  let chain = "";
  for (let index = 0; index < run.state.batches; index++) {
    const { value, done } = await batches.next();
    if (done) break;
    chain = chainDigest(run.state.key, chain, digestBatch(run.state.key, value));
  }
  if (chain !== run.state.chain)
    throw new ClinicalBertError(
      "CORPUS_CHANGED",
      `The notes differ from those of the run that was stopped in ${run.folder}.`,
      { details: { folder: run.folder, batches: run.state.batches } },
    );
  return batches;
}

interface CorpusRun {
  readonly folder: string;
  readonly state: RunState;
  append(batch: FormattedBatch): Promise<void>;
  checkpoint(): Promise<void>;
  publish(): Promise<CorpusManifest>;
  close(): Promise<void>;
}

interface CategoryFiles {
  readonly state: CategoryState;
  readonly text: GrowingFile;
  readonly notes: GrowingFile;
}

async function openRun(options: FormatCorpusOptions): Promise<CorpusRun> {
  const { out, byCategory = true } = options;
  const work = join(out, ".format");
  try {
    await mkdir(work, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(error, work);
  }
  const identity = JSON.stringify({
    sections: options.sections.rules,
    sentences: options.sentences.name,
    version: options.packageVersion ?? null,
    byCategory,
    source: options.source ?? null,
  });
  const state = await readRunState(work, identity);
  const { key } = state;
  const openCategory = async (category: CategoryState): Promise<CategoryFiles> => ({
    state: category,
    text: await openGrowingFile(work, category.file, category.bytes, key),
    notes: await openGrowingFile(work, category.notesFile, category.notesBytes, key),
  });
  const files = new Map<string, CategoryFiles>();
  for (const category of state.categories) files.set(category.category, await openCategory(category));
  const refused = await openGrowingFile(work, "refused.jsonl", state.refusedBytes, key);

  const filesOf = async (name: string): Promise<CategoryFiles> => {
    const known = files.get(name);
    if (known !== undefined) return known;
    if (files.size >= MOST_CATEGORIES)
      throw new ClinicalBertError(
        "CORPUS_CATEGORIES",
        `The notes have more than ${MOST_CATEGORIES} categories.`,
      );
    const category = newCategoryState(name, new Set(state.categories.map(({ file }) => file)));
    state.categories.push(category);
    const opened = await openCategory(category);
    files.set(name, opened);
    return opened;
  };
  const all = (): GrowingFile[] => [
    ...[...files.values()].flatMap(({ text, notes }) => [text, notes]),
    refused,
  ];

  return {
    folder: out,
    state,
    async append({ categories, refused: notes }) {
      for (const [name, { lines, notes, counts }] of categories) {
        const file = await filesOf(name);
        await file.text.append(lines);
        await file.notes.append(notes.map((note) => `${JSON.stringify(note)}\n`).join(""));
        addCounts(file.state.counts, counts);
      }
      for (const note of notes) {
        state.refusedNotes[note.code] = (state.refusedNotes[note.code] ?? 0) + 1;
        await refused.append(
          `${JSON.stringify({ id: note.id, error: { code: note.code, message: note.message } })}\n`,
        );
      }
    },
    async checkpoint() {
      for (const file of all()) await file.sync();
      for (const { state: category, text, notes } of files.values()) {
        category.bytes = text.bytes;
        category.notesBytes = notes.bytes;
      }
      state.refusedBytes = refused.bytes;
      await writeRunState(work, state);
    },
    async publish() {
      const published: ManifestFile[] = [];
      const counts = emptyCounts();
      for (const { state: category, text, notes } of files.values()) {
        const hash = await text.publish(out);
        await notes.publish(out);
        addCounts(counts, category.counts);
        published.push({
          category: category.category,
          file: category.file,
          notesFile: category.notesFile,
          bytes: text.bytes,
          hash,
          counts: category.counts,
        });
      }
      const rows = options.refusals ?? [];
      for (const { source, record, offset, length, reason } of rows)
        await refused.append(`${JSON.stringify({ source, record, offset, length, reason })}\n`);
      await refused.publish(out);
      await writeAtomic(join(out, "corpus.key"), `${key}\n`);
      const manifest: CorpusManifest = {
        format: "clinicalbert-corpus",
        version: 1,
        package: options.packageVersion ?? "",
        sectionRules: options.sections.rules,
        sentenceSplitter: options.sentences.name,
        files: published,
        counts,
        refusedNotes: state.refusedNotes,
        refusedRows: countBy(rows.map(({ reason }) => reason)),
        source: options.source ?? null,
      };
      await writeAtomic(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
      await rm(work, { recursive: true, force: true });
      await syncFolder(out);
      return manifest;
    },
    async close() {
      for (const file of all()) await file.close();
    },
  };
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
