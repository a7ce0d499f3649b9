/** @file What a formatted corpus says about itself: counts, rules, versions, keyed hashes. No text of a note. */
import { readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeAtomic } from "../util/atomic-file.js";
import { DIFFERENCES_FILE } from "./checkpoint.js";
import type { DifferenceCounts } from "./differences.js";
import type { CorpusCounts } from "./format-batch.js";

export interface ManifestFile {
  /** Category as the source names it; "" when notes are not divided. */
  readonly category: string;
  /** One sentence a line, a blank line after each note. */
  readonly file: string;
  /** JSON lines `{"id","patientId","sentences"}`, one a note, in the order of `file`. */
  readonly notesFile: string;
  readonly bytes: number;
  /** HMAC-SHA256 of `file` with the run's key (in `corpus.key`). */
  readonly hash: string;
  readonly counts: Readonly<CorpusCounts>;
}

export interface CorpusManifest {
  readonly format: "clinicalbert-corpus";
  readonly version: 1;
  readonly package: string;
  readonly sectionRules: string;
  readonly sentenceSplitter: string;
  readonly byCategory: boolean;
  /** The rule set compared with, and how many notes and sentences it would have changed. */
  readonly diff: string | null;
  readonly differences: Readonly<DifferenceCounts> | null;
  readonly files: readonly ManifestFile[];
  readonly counts: Readonly<CorpusCounts>;
  /** Notes without a line in the corpus, by error code; each is named in `refused.jsonl`. */
  readonly refusedNotes: Readonly<Record<string, number>>;
  /** Malformed rows of the source, by reason; each is named in `refused.jsonl`. */
  readonly refusedRows: Readonly<Record<string, number>>;
  /** Description of the source and its filters, as the caller gave it. */
  readonly source: unknown;
}

const MANIFEST_FILE = "manifest.json";

/** Makes the folder a corpus again: written last of all. */
export async function writeManifest(folder: string, manifest: CorpusManifest): Promise<void> {
  await writeAtomic(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Removes the corpus that an earlier run left in `folder`, its manifest first, so that no file of it is taken for new. */
export async function removeCorpus(folder: string): Promise<void> {
  let files: readonly ManifestFile[];
  try {
    const manifest = JSON.parse(await readFile(join(folder, MANIFEST_FILE), "utf8")) as CorpusManifest;
    if (manifest.format !== "clinicalbert-corpus") return;
    files = manifest.files;
  } catch {
    return; // No corpus, or none of ours.
  }
  await rm(join(folder, MANIFEST_FILE));
  for (const { file, notesFile } of files)
    for (const name of [file, notesFile]) await rm(join(folder, basename(name)), { force: true });
  await rm(join(folder, DIFFERENCES_FILE), { force: true });
}
