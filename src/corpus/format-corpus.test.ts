import { createHmac } from "node:crypto";
import { mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Note } from "../notes/note.js";
import { synthesizeNotes } from "../notes/synthesize/index.js";
import { createSectionSplitter } from "../sections/index.js";
import { createRuleSentenceSplitter, splitNoteSentences } from "../sentences/index.js";
import { type FormatCorpusOptions, formatCorpus } from "./format-corpus.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "clinicalbert-corpus-"));
});
afterEach(() => rm(folder, { recursive: true }));

const sections = createSectionSplitter();
const sentences = createRuleSentenceSplitter();

function format(notes: AsyncIterable<Note> | Iterable<Note>, more: Partial<FormatCorpusOptions> = {}) {
  return formatCorpus(notes, { out: join(folder, "out"), sections, sentences, ...more });
}

const text = (name: string, out = "out"): Promise<string> => readFile(join(folder, out, name), "utf8");
const lines = async (name: string) =>
  (await text(name))
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));

describe("formatCorpus", () => {
  test("keeps the lines of white space that a published script writes, and counts them", async () => {
    const script = {
      name: "spacy",
      verbatim: true,
      split: (section: string) => [section, " ", "  ", "x "].map((line) => ({ text: line, spans: [] })),
    } as const;
    const notes = [{ id: "1", text: "No pain." }];
    const { counts } = await format(notes, { sentences: script });
    expect(await text("notes.txt")).toBe("No pain.\n \n  \nx \n\n");
    expect(counts).toMatchObject({ sentences: 4, blankLines: 2, words: 3 });
    expect((await format(notes)).counts.blankLines).toBe(0);
  });

  test("writes one sentence a line, a blank line after each note, a file a category", async () => {
    const manifest = await format([
      {
        id: "1",
        text: "Labs: ok. No pain.\n\n-----\n\nPlan:\nrest",
        category: "Nursing/other",
        patientId: "7",
      },
      { id: "2", text: "Seen by Dr. Ho.", category: "Physician " },
      { id: "3", text: "Well.", category: "Nursing/other" },
      { id: "4", text: " \n----\n" },
    ]);
    expect(await text("nursing-other.txt")).toBe("Labs:\nok.\nNo pain.\nPlan: rest\n\nWell.\n\n");
    expect(await text("physician.txt")).toBe("Seen by Dr. Ho.\n\n");
    expect(await lines("nursing-other.notes.jsonl")).toEqual([
      { id: "1", patientId: "7", sentences: 4 },
      { id: "3", patientId: null, sentences: 1 },
    ]);
    expect(await lines("refused.jsonl")).toMatchObject([{ id: "4", error: { code: "CORPUS_EMPTY_NOTE" } }]);
    expect(manifest.counts).toEqual({
      notes: 3,
      sections: 5,
      sentences: 6,
      blankLines: 0,
      words: 11,
      characters: 57,
    });
    expect(manifest.refusedNotes).toEqual({ CORPUS_EMPTY_NOTE: 1 });
    expect(JSON.parse(await text("manifest.json"))).toEqual(manifest);
    const key = (await text("corpus.key")).trim();
    const hash = createHmac("sha256", key)
      .update(await text("physician.txt"))
      .digest("hex");
    expect(manifest.files.find(({ file }) => file === "physician.txt")?.hash).toBe(hash);
    expect((await readdir(join(folder, "out"))).includes(".format")).toBe(false);
  });

  test("a note that alsentzer2019 refuses is named, and --diff says what corrected makes of it", async () => {
    const notes = [
      { id: "ok", text: "No pain.\n\nNo fever." },
      { id: "bad", text: "1. a\n2. b\n3 tablets daily" },
      { id: "lost", text: "Labs:\n1. WBC 8\n2. Hgb 9" },
    ];
    const manifest = await format(notes, {
      sections: createSectionSplitter("alsentzer2019"),
      diff: sections,
      byCategory: false,
    });
    expect(manifest.refusedNotes).toEqual({ SECTIONS_REFUSED: 1 });
    expect(await lines("refused.jsonl")).toMatchObject([{ id: "bad", error: { code: "SECTIONS_REFUSED" } }]);
    expect(manifest.differences).toEqual({ notes: 2, refusals: 1, sentencesHere: 0, sentencesThere: 1 });
    expect(await lines("differences.jsonl")).toEqual([
      { id: "bad", refused: "here", code: "SECTIONS_REFUSED" },
      { id: "lost", here: [], there: [[[6, 14]]] },
    ]);
  });

  test("a run that was stopped goes on and gives the same bytes", async () => {
    const notes = [...synthesizeNotes({ seed: 5, count: 3000 })];
    let read = 0;
    async function* stopping(at: number): AsyncGenerator<Note> {
      for (const note of notes) {
        if (++read === at) throw new Error("power cut");
        yield note;
      }
    }
    const source = { seed: 5 };
    await expect(format(stopping(2700), { source, checkpointEvery: 0 })).rejects.toThrow("power cut");
    expect(await readdir(join(folder, "out"))).toEqual([".format"]);
    let formatted = 0;
    const onProgress = (done: number): void => {
      if (formatted === 0) formatted = done;
    };
    const resumed = await format(notes, { source, onProgress });
    const fresh = await format(notes, { source, out: join(folder, "fresh") });
    expect(formatted).toBeGreaterThan(1500);
    expect(resumed.counts).toEqual(fresh.counts);
    for (const { file, notesFile } of fresh.files) {
      expect(await text(file)).toBe(await text(file, "fresh"));
      expect(await text(notesFile)).toBe(await text(notesFile, "fresh"));
    }
  });

  test("a run that was killed while it moved its files away begins anew", async () => {
    const notes = [...synthesizeNotes({ seed: 8, count: 1200 })];
    function* stopping(): Generator<Note> {
      yield* notes;
      throw new Error("power cut");
    }
    await expect(format(stopping(), { checkpointEvery: 0, byCategory: false })).rejects.toThrow("power cut");
    await rename(join(folder, "out/.format/notes.txt"), join(folder, "out/notes.txt"));
    await format(notes, { byCategory: false });
    await format(notes, { byCategory: false, out: join(folder, "fresh") });
    expect(await text("notes.txt")).toBe(await text("notes.txt", "fresh"));
  });

  test("a new run into the same folder leaves nothing of the old corpus", async () => {
    await format([{ id: "1", text: "One.", category: "old" }]);
    await format([{ id: "2", text: "Two.", category: "new" }]);
    const names = (await readdir(join(folder, "out"))).sort();
    expect(names).toEqual(["corpus.key", "manifest.json", "new.notes.jsonl", "new.txt", "refused.jsonl"]);
  });

  test("a stopped run does not go on with other notes", async () => {
    const notes = [...synthesizeNotes({ seed: 6, count: 1500 })];
    function* stopping(): Generator<Note> {
      yield* notes.slice(0, 1400);
      throw new Error("power cut");
    }
    await expect(format(stopping(), { checkpointEvery: 0 })).rejects.toThrow("power cut");
    const changed = notes.map((note, index) =>
      index === 3 ? { ...note, text: `${note.text} More.` } : note,
    );
    await expect(format(changed)).rejects.toMatchObject({ code: "CORPUS_CHANGED" });
  });

  test("equally named categories get files of their own, and too many are refused", async () => {
    const manifest = await format([
      { id: "1", text: "One.", category: "A/B" },
      { id: "2", text: "Two.", category: "A B" },
    ]);
    expect(manifest.files.map(({ file }) => file)).toEqual(["a-b.txt", "a-b-2.txt"]);
    const many = Array.from({ length: 300 }, (_, index) => ({
      id: "x",
      text: "One.",
      category: `c${index}`,
    }));
    await expect(format(many, { out: join(folder, "many") })).rejects.toMatchObject({
      code: "CORPUS_CATEGORIES",
    });
  });
});

describe("splitNoteSentences", () => {
  test.each(["corrected", "alsentzer2019"] as const)(
    "carries spans of %s sections back to the note",
    (rules) => {
      const note = "Labs:   WBC 8. Hgb 9.\n\nPlan:\n\n--------\n\n0. rest\n";
      const found = splitNoteSentences(note, createSectionSplitter(rules), sentences);
      const slices = found.map(({ spans }) => spans.map(([start, end]) => note.slice(start, end)).join("|"));
      expect(slices).toEqual(
        rules === "corrected"
          ? ["Labs:|WBC 8.", "Hgb 9.", "Plan:", "0. rest"]
          : ["Labs:|WBC 8.", "Hgb 9.", "Plan:", "0. rest"],
      );
    },
  );
});
