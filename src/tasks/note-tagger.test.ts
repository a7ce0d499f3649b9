/** @file The exported tagger of notes on a small model: places, long notes, how notes are read, errors. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pipeline } from "../pipelines/index.js";
import { type NoteTagger, openNoteTagger } from "./index.js";

const folder = mkdtempSync(join(tmpdir(), "tagger-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SENTENCES = [
  "Patient denies chest pain and was given aspirin. ",
  "He has mild fever.\n",
  "\n  🏥 No lung pain, no chest pain today.\n",
  "lung rate",
];

async function withTagger<T>(model: string, use: (tagger: NoteTagger) => Promise<T>): Promise<T> {
  const tagger = await openNoteTagger(model);
  try {
    return await use(tagger);
  } finally {
    await tagger.dispose();
  }
}

/** The model as it is, and with what `finetune ner` writes beside one that learned from sentences. */
const model = (name: "windows" | "sentences"): string => join(folder, name);

beforeAll(() => {
  const source = join(import.meta.dirname, "../../test/oracle/checkpoints/token-classification");
  for (const name of ["windows", "sentences"] as const) cpSync(source, model(name), { recursive: true });
  writeFileSync(join(model("sentences"), "finetuning.json"), '{"maxLength":20}');
});

describe("openNoteTagger", () => {
  test("gives each entity at its place in the note, in order, whatever stands before it", async () => {
    const text = SENTENCES.join("");
    await withTagger(model("sentences"), async (tagger) => {
      const [found = [], shifted, empty] = await tagger.tag([text, `😷\r\n${text}`, ""]);
      expect(found.length).toBeGreaterThan(2);
      let end = 0;
      for (const entity of found) {
        expect(entity.start).toBeGreaterThanOrEqual(end);
        // The word is that of the span, but for case and blanks around marks.
        const plain = (words: string) => words.toLowerCase().replace(/\s+/g, "");
        expect(plain(entity.word)).toBe(plain(text.slice(entity.start, entity.end)));
        end = entity.end;
      }
      // An emoji is two UTF-16 units; it is a line of its own, so that no sentence changes.
      expect(shifted!.filter(({ start }) => start >= 4).map(({ start, end }) => [start, end])).toEqual(
        found.map(({ start, end }) => [start + 4, end + 4]),
      );
      expect(empty).toEqual([]);
    });
  });

  test("reads sentence by sentence where the model learned so, and in windows where it did not", async () => {
    const text = SENTENCES.join("");
    const apart = await withTagger(model("sentences"), async (tagger) => {
      const [whole, ...single] = await tagger.tag([text, ...SENTENCES]);
      let from = 0;
      const expected = single.flatMap((entities, index) => {
        const moved = entities.map(({ start, end, ...rest }) => ({
          ...rest,
          start: start + from,
          end: end + from,
        }));
        from += SENTENCES[index]!.length;
        return moved;
      });
      const places = (entities: typeof expected) =>
        entities.map(({ entity_group, start, end }) => [entity_group, start, end]);
      expect(places(whole!)).toEqual(places(expected));
      return whole;
    });
    const [together] = await withTagger(model("windows"), (tagger) => tagger.tag([text]));
    expect(together).not.toEqual(apart);
    const plain = await pipeline("token-classification", model("windows"));
    try {
      expect(together).toEqual(await plain(text, { aggregation_strategy: "first" }));
    } finally {
      await plain.dispose();
    }
  });

  test("reads a note that is many times as long as the model", async () => {
    const text = SENTENCES.join("").repeat(60);
    await withTagger(model("sentences"), async (tagger) => {
      const [one = [], many = []] = await tagger.tag([SENTENCES.join(""), text]);
      const length = SENTENCES.join("").length;
      // The last sentence of each repetition runs into the first of the next: entities of the others recur exactly.
      const inner = one.filter(
        ({ start, end }) => start >= SENTENCES[0]!.length && end < length - SENTENCES[3]!.length,
      );
      expect(inner.length).toBeGreaterThan(0);
      for (let repetition = 0; repetition < 60; repetition++)
        for (const { start, end, entity_group } of inner)
          expect(many).toContainEqual(
            expect.objectContaining({
              entity_group,
              start: start + repetition * length,
              end: end + repetition * length,
            }),
          );
    });
  });

  test("takes the options of the pipeline", async () => {
    await withTagger(model("sentences"), async (tagger) => {
      const [tokens] = await tagger.tag([SENTENCES[0]!], { aggregation_strategy: "none", ignore_labels: [] });
      const [words] = await tagger.tag([SENTENCES[0]!]);
      expect(tokens!.every((token) => "entity" in token && !("entity_group" in token))).toBe(true);
      expect(words!.every((word) => "entity_group" in word)).toBe(true);
      await expect(tagger.tag(["x"], { aggregation_strategy: "best" as "none" })).rejects.toThrow("best");
      await expect(tagger.tag([SENTENCES[0]!], { signal: AbortSignal.abort() })).rejects.toThrow();
    });
  });

  test.each<[string, () => string, string]>([
    ["a folder that is not there", () => join(folder, "missing"), "missing"],
    ["a folder without weights", () => folder, ""],
  ])("refuses %s", async (_, source, part) => {
    await expect(openNoteTagger(source())).rejects.toMatchObject({
      name: "ClinicalBertError",
      message: expect.stringContaining(part),
    });
  });
});
