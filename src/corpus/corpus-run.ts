/** @file One run of `format` on disk: its hidden folder, the growing files, checkpoints, and the corpus that it publishes. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ClinicalBertError } from "../errors.js";
import type { Refusal } from "../notes/refusal.js";
import { syncFolder, writeAtomic } from "../util/atomic-file.js";
import { fileError } from "../util/file-error.js";
import { makeFolder } from "../util/make-folder.js";
import {
  type CategoryState,
  DIFFERENCES_FILE,
  newCategoryState,
  REFUSED_FILE,
  type RunState,
  readRunState,
  writeRunState,
} from "./checkpoint.js";
import { type GrowingFile, openGrowingFile } from "./corpus-files.js";
import { addCounts, emptyCounts, type FormattedBatch } from "./format-batch.js";
import { type CorpusManifest, type ManifestFile, removeCorpus, writeManifest } from "./manifest.js";

export interface CorpusRun {
  readonly folder: string;
  readonly state: RunState;
  append(batch: FormattedBatch): Promise<void>;
  /** Makes everything appended durable and remembers how far it goes. */
  checkpoint(): Promise<void>;
  /** Moves the files to their names and writes the manifest, last of all. */
  publish(refusals: readonly Refusal[]): Promise<CorpusManifest>;
  close(): Promise<void>;
}

/** What the manifest says besides counts; a stopped run goes on only under the same. */
export interface RunIdentity {
  readonly package: string;
  readonly sectionRules: string;
  readonly sentenceSplitter: string;
  readonly byCategory: boolean;
  readonly diff: string | null;
  readonly source: unknown;
}

interface CategoryFiles {
  readonly state: CategoryState;
  readonly text: GrowingFile;
  readonly notes: GrowingFile;
}

const MOST_CATEGORIES = 256;

/** Opens `out/.format`, where a run that was stopped left off. */
export async function openCorpusRun(out: string, identity: RunIdentity): Promise<CorpusRun> {
  const work = join(out, ".format");
  try {
    await makeFolder(work);
  } catch (error) {
    throw fileError(error, work);
  }
  const state = await readRunState(work, JSON.stringify(identity));
  const { key } = state;
  const openCategory = async (category: CategoryState): Promise<CategoryFiles> => ({
    state: category,
    text: await openGrowingFile(work, category.file, category.bytes, key),
    notes: await openGrowingFile(work, category.notesFile, category.notesBytes, key),
  });
  const files = new Map<string, CategoryFiles>();
  for (const category of state.categories) files.set(category.category, await openCategory(category));
  const refused = await openGrowingFile(work, REFUSED_FILE, state.refusedBytes, key);
  const differing =
    identity.diff === null
      ? null
      : await openGrowingFile(work, DIFFERENCES_FILE, state.differencesBytes, key);

  const filesOf = async (name: string): Promise<CategoryFiles> => {
    const known = files.get(name);
    if (known !== undefined) return known;
    if (files.size >= MOST_CATEGORIES)
      throw new ClinicalBertError(
        "CORPUS_CATEGORIES",
        `The notes have more than ${MOST_CATEGORIES} categories.`,
      );
    const category = newCategoryState(name, new Set(state.categories.map(({ file }) => file)));
    const opened = await openCategory(category);
    state.categories.push(category);
    files.set(name, opened);
    return opened;
  };
  const all = (): GrowingFile[] => [
    ...[...files.values()].flatMap(({ text, notes }) => [text, notes]),
    refused,
    ...(differing === null ? [] : [differing]),
  ];

  return {
    folder: out,
    state,
    async append({ categories, refused: refusedNotes, differences }) {
      for (const { category, lines, notes, counts } of categories) {
        const file = await filesOf(category);
        await file.text.append(lines);
        await file.notes.append(notes);
        addCounts(file.state.counts, counts);
      }
      for (const { id, code, message } of refusedNotes) {
        state.refusedNotes[code] = (state.refusedNotes[code] ?? 0) + 1;
        await refused.append(Buffer.from(`${JSON.stringify({ id, error: { code, message } })}\n`));
      }
      if (differing !== null && differences !== null) {
        addCounts(state.differences, differences.counts);
        await differing.append(Buffer.from(differences.lines));
      }
    },
    async checkpoint() {
      for (const file of all()) await file.sync();
      for (const { state: category, text, notes } of files.values()) {
        category.bytes = text.bytes;
        category.notesBytes = notes.bytes;
      }
      state.refusedBytes = refused.bytes;
      state.differencesBytes = differing?.bytes ?? 0;
      await writeRunState(work, state);
    },
    async publish(refusals) {
      for (const { source, record, offset, length, reason } of refusals)
        await refused.append(Buffer.from(`${JSON.stringify({ source, record, offset, length, reason })}\n`));
      await removeCorpus(out);
      const published: ManifestFile[] = [];
      const counts = emptyCounts();
      for (const { state: category, text, notes } of files.values()) {
        const hash = await text.publish(out);
        await notes.publish(out);
        addCounts(counts, category.counts);
        const { category: name, file, notesFile } = category;
        published.push({ category: name, file, notesFile, bytes: text.bytes, hash, counts: category.counts });
      }
      await refused.publish(out);
      await differing?.publish(out);
      await writeAtomic(join(out, "corpus.key"), `${key}\n`);
      const manifest: CorpusManifest = {
        format: "clinicalbert-corpus",
        version: 1,
        ...identity,
        files: published,
        counts,
        refusedNotes: state.refusedNotes,
        refusedRows: countBy(refusals.map(({ reason }) => reason)),
        differences: identity.diff === null ? null : state.differences,
      };
      await writeManifest(out, manifest);
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
