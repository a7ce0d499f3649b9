/** @file Scores of files as other programs write them: what a reader must not change, and what is refused or said. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { DeidMeasure } from "./deid.js";
import { type Metric, type ScoreFilesOptions, scoreFiles } from "./score-files.js";

const folder = mkdtempSync(join(tmpdir(), "score-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

function put(name: string, contents: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
  return path;
}

/** The scores as a machine gets them. */
async function score(metric: Metric, gold: string | null, predicted: string, options?: ScoreFilesOptions) {
  const { scores, notices } = await scoreFiles(metric, gold, predicted, options);
  return { scores: JSON.parse(JSON.stringify(scores)) as Record<string, unknown>, notices };
}

describe("deid", () => {
  type Phi = readonly [start: number, end: number, quote: string];
  const xml = (name: string, text: string, ...phi: Phi[]): string =>
    put(
      name,
      `<d><TEXT><![CDATA[${text}]]></TEXT><TAGS>${phi
        .map(
          ([start, end, quote], index) =>
            `<NAME id="P${index}" start="${start}" end="${end}" text="${quote}" TYPE="PATIENT" comment="" />`,
        )
        .join("")}</TAGS></d>`,
    );
  const measured = async (gold: string, predicted: string, name: string) => {
    const { scores, notices } = await score("deid", gold, predicted, { samples: 0 });
    const found = (scores["measures"] as DeidMeasure[]).find((measure) => measure.name === name)!;
    return { counts: [found.correct, found.spurious, found.missed], notices };
  };

  it("takes PHI that quote nothing where their offsets say", async () => {
    const gold = xml("empty-gold/1-01.xml", "Ann met Bob", [0, 3, ""], [8, 11, ""]);
    const predicted = xml("empty/1-01.xml", "Ann met Bob", [0, 3, ""]);
    expect(await measured(gold, predicted, "Strict")).toEqual({ counts: [1, 0, 1], notices: [] });
  });

  it("keeps the order of the file, on which the sets of relaxed ends depend", async () => {
    // Ends 3 and 5 are alike, 5 and 7 too, 3 and 7 are not: what evaluate.py gives for each order.
    const gold = xml("order-gold/1-01.xml", "abcdefgh ij", [0, 4, "abcd"]);
    const phi = { 3: [0, 3, "abc"], 5: [0, 5, "abcde"], 7: [0, 7, "abcdefg"] } as const;
    const first = xml("first/1-01.xml", "abcdefgh ij", phi[5], phi[3], phi[7]);
    const second = xml("second/1-01.xml", "abcdefgh ij", phi[3], phi[5], phi[7]);
    expect((await measured(gold, first, "Relaxed")).counts).toEqual([1, 0, 0]);
    expect((await measured(gold, second, "Relaxed")).counts).toEqual([1, 1, 0]);
  });

  it("says which PHI it did not score where their offsets say", async () => {
    const gold = xml("moved-gold/1-01.xml", "Ann met Bob", [0, 3, "Ann"], [8, 11, "Bob"]);
    const predicted = xml("moved/1-01.xml", "Ann met Bob", [0, 3, "Ann"], [5, 8, "Bob"], [4, 7, "Eve"]);
    expect(await measured(gold, predicted, "Strict")).toEqual({
      counts: [2, 0, 0],
      notices: [
        "Prediction: 1 entities are not where the file says, or have no class, and were left out.",
        "Prediction: 1 entities are not at their offsets and were read at their quoted text.",
      ],
    });
  });
});

describe("files of columns", () => {
  it("draws intervals of the counts that the metric itself has", async () => {
    // Raw tags and strict schemes read tags otherwise than the reader of annotations does.
    const gold = put("raw-gold.txt", "a NP\nb NP\n\nc VP\n");
    const predicted = put("raw.txt", "a NP\nb NP\n\nc NP\n");
    const raw = await score("conlleval", gold, predicted, { conlleval: { raw: true } });
    expect(raw.scores).toMatchObject({ overall: { gold: 3, correct: 2 }, intervals: { recall: [0, 100] } });
    const inside = put("inside.txt", "a I-X\n\nb I-X\n");
    const strict = await score("seqeval", inside, inside, { scheme: "iob2" });
    expect(strict.scores).toMatchObject({ micro: { f1: 0 }, intervals: { f1: [0, 0] } });
  });

  it("draws whole documents where -DOCSTART- begins them", async () => {
    const sentences = ["a B-X B-X", "b B-X O", "c B-X B-X", "d B-X O"].map((line) => `${line}\n\n`);
    const single = put("single.txt", sentences.join(""));
    const mark = "-DOCSTART- O O\n\n";
    const marked = put("marked.txt", [mark, ...sentences.slice(0, 2), mark, ...sentences.slice(2)].join(""));
    const bySentence = await score("conlleval", null, single);
    expect(bySentence.scores["intervals"]).toMatchObject({ recall: [0, 100] });
    // Each document has one of two.
    const byDocument = await score("conlleval", null, marked);
    expect(byDocument.scores["intervals"]).toMatchObject({ recall: [50, 50] });
  });

  it("names file and line of what it refuses", async () => {
    const gold = put("gold.txt", "a O\nb B-X\n\nc O\n");
    const refused = (contents: string, path: string | null = gold) =>
      scoreFiles("conlleval", path, put("refused.txt", contents));
    await expect(refused("a O\nb B-X\n\nc O\nd O\n")).rejects.toThrow(
      /Sentence 2 has 1 words in gold \(.*gold\.txt:4\), 2 in the prediction \(.*refused\.txt:4\)\./,
    );
    await expect(refused("a O\nb B-X\n")).rejects.toThrow(
      /Gold has 2 sentences, the prediction 1; .*gold\.txt:4/,
    );
    await expect(refused("a\tB-X\t\n")).rejects.toThrow(/refused\.txt:1: an empty tag\./);
    await expect(refused("a O\nb B-X\n\nc O\n", null)).rejects.toThrow(/refused\.txt:1: 2 columns/);
    // The script would not take the part of speech for the tag of gold either.
    await expect(refused("a DT O O\n\nb NN B-X\n", null)).rejects.toThrow(/refused\.txt:3: 3 columns/);
  });

  it("takes a no-break space for the word that it is, and says where words differ", async () => {
    const gold = put("words-gold.txt", "\u00a0 O\nb B-X\n");
    const predicted = put("words.txt", "\u00a0 O\nc B-X\n");
    const { scores, notices } = await score("conlleval", gold, predicted);
    expect(scores).toMatchObject({ tokens: 2, overall: { correct: 1 } });
    expect(notices).toEqual([
      expect.stringMatching(/^1 words of the prediction .* the first is word 2 of the sentence at .*:1\.$/),
    ]);
  });
});

describe("i2b2", () => {
  const concept = 'c="pain" 1:0 1:0||t="problem"\n';

  it("refuses two files of one name, of which it could score one only", async () => {
    const gold = dirname(dirname(put("two/a/1.con", concept)));
    put("two/b/1.con", concept);
    await expect(scoreFiles("i2b2", gold, gold)).rejects.toMatchObject({
      code: "SCORE_MISMATCH",
      message: expect.stringMatching(/a.1\.con .*b.1\.con/),
    });
  });

  it("takes a prediction of another format", async () => {
    const gold = dirname(put("other/1.con", concept));
    put("other/1.txt", "pain\n");
    const lines = put(
      "other.jsonl",
      '{"id":"1","text":"pain","entities":[{"label":"problem","spans":[[0,4]]}]}\n',
    );
    const { scores } = await score("i2b2", gold, lines, { predictedFormat: "jsonl" });
    expect(scores).toMatchObject({ micro: { correct: 1, gold: 1, predicted: 1 } });
  });
});
