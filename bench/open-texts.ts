/**
 * @file The open text that a small model of one's own is pretrained on, as notes: clinical reports and biomedical abstracts, without a
 * text that shares a run of ten words with a development or test document of the tasks that the model is judged by.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Note } from "../src/notes/note.js";
import { openNotes } from "../src/notes/open-notes.js";
import type { Example } from "../src/tasks/index.js";
import { writeAtomic } from "../src/util/atomic-file.js";
import { CLINICAL_TABLES, wordRuns } from "./clinical-texts.js";
import { readData, TASK_NAMES, taskNamed } from "./finetune-tasks.js";

const OPTIONS = {
  out: { type: "string" },
  /** Folder `data` of the repository cambridgeltl/MTL-Bioinformatics-2016. */
  corpora: { type: "string" },
} as const;

/** Corpora of running text there; those of single sentences, and those that tasks test on, are left out. */
const CORPORA = [
  ...[
    "AnatEM-IOB",
    "BioNLP11EPI-IOB",
    "BioNLP11ID-IOB",
    "BioNLP13CG-IOB",
    "BioNLP13PC-IOB",
    "BioNLP13GE-IOB",
  ],
  ...["Ex-PTM-IOB", "CRAFT-IOB", "linnaeus-IOB"],
];
const PARTS = ["train", "devel", "test"] as const;
const GENIA = "GENIA-pos/train.tsv";
/** Files of columns do not say where a document ends: this many sentences stand for one. */
const SENTENCES_A_PIECE = 12;

export const bench = {
  summary: "writes open text to pretrain a small model on, apart from all that the model is tested on",
  async run(args: readonly string[]): Promise<void> {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const root = process.env["CLINICALBERT_DATA"];
    if (root === undefined || values.out === undefined)
      throw new Error("CLINICALBERT_DATA and --out (a file) are needed.");
    const { notes, keptApart } = await readTaskTexts(root);
    for (const table of CLINICAL_TABLES)
      for await (const note of openNotes(join(root, table)))
        notes.push({ id: `${table} ${note.id}`, text: note.text });
    for await (const note of openNotes(join(root, "genia-sentences/sentences.jsonl"))) notes.push(note);
    if (values.corpora !== undefined) notes.push(...readCorpora(values.corpora));
    const seen = new Set<string>();
    const kept = notes.filter(({ text }) => {
      const runs = [...wordRuns(text)];
      if (runs.some((run) => keptApart.has(run))) return false;
      // The collections repeat each other: a text of which nine tenths stood before is passed over.
      const known = runs.filter((run) => seen.has(run)).length;
      for (const run of runs) seen.add(run);
      return known < 0.9 * runs.length;
    });
    await writeAtomic(values.out, kept.map((note) => `${JSON.stringify(note)}\n`).join(""));
    const words = kept.reduce((sum, { text }) => sum + text.split(/\s+/).length, 0);
    console.log(`${kept.length} of ${notes.length} texts, ${words} words`);
  },
};

/** Texts of the train parts, and the ten-word runs of all others. */
async function readTaskTexts(root: string): Promise<{ notes: Note[]; keptApart: ReadonlySet<string> }> {
  const notes: Note[] = [];
  const keptApart = new Set<string>();
  for (const name of TASK_NAMES) {
    const task = taskNamed(name, false);
    const { train, dev, test } = await readData({ ...task, trainDocuments: Infinity }, root);
    const documentsOf = task.format === "conll" ? cutSentences : joinDocuments;
    for (const { text } of documentsOf(name, [...dev!, ...test!]))
      for (const run of wordRuns(text)) keptApart.add(run);
    notes.push(...documentsOf(name, train));
  }
  return { notes, keptApart };
}

/** The texts of each document, a text that comes again once. */
function joinDocuments(name: string, examples: readonly Example[]): Note[] {
  const documents = new Map<string, Set<string>>();
  for (const { documentId, text } of examples)
    documents.set(documentId, (documents.get(documentId) ?? new Set()).add(text));
  return [...documents].map(([id, texts]) => ({ id: `${name} ${id}`, text: [...texts].join("\n") }));
}

function cutSentences(name: string, sentences: readonly { readonly text: string }[]): Note[] {
  const notes: Note[] = [];
  for (let at = 0; at < sentences.length; at += SENTENCES_A_PIECE) {
    const texts = sentences.slice(at, at + SENTENCES_A_PIECE).map(({ text }) => text);
    notes.push({ id: `${name} ${at}`, text: texts.join("\n") });
  }
  return notes;
}

/** Words in the first column of a line, a blank line after each sentence; annotations are not read. */
function readCorpora(folder: string): Note[] {
  const files = CORPORA.flatMap((name) => PARTS.map((part) => `${name}/${part}.tsv`));
  return [...files, GENIA].flatMap((file) => {
    const sentences = readFileSync(join(folder, file), "utf8")
      .split(/\r?\n\s*\r?\n/)
      .map((block) => block.split(/\r?\n/).map((line) => line.split("\t", 1)[0]!))
      // GENIA heads each abstract with "UI - : number", and its parts with "TI - :" and "AB - :".
      .filter((words) => words[0] !== "UI" && words[0] !== "")
      .map((words) => (file === GENIA && words[1] === "-" && words[2] === ":" ? words.slice(3) : words));
    return cutSentences(
      file,
      sentences.map((words) => ({ text: words.join(" ") })),
    );
  });
}
