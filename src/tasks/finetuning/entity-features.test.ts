import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createVocabulary, WordPieceTokenizer } from "../../tokens/index.js";
import type { EntityExample } from "../example.js";
import { entityFeatures } from "./entity-features.js";
import { IGNORED } from "./feature.js";
import { entityPredictions } from "./predictions.js";
import { modelLabels } from "./finetune-data.js";
import { quirksOf } from "./recipe.js";
import { tagsOf } from "./word-classes.js";

const vocabulary = createVocabulary([
  ...["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "a", "b", "c", "##a", "##b", "##c"],
]);
const tokenizer = new WordPieceTokenizer(vocabulary, { dialect: "huggingface", lowercase: true });
const quirks = quirksOf({ preset: "default", task: "ner" });
const published = quirksOf({ preset: "alsentzer2019", task: "ner" });

function exampleOf(text: string, entities: EntityExample["entities"] = []): EntityExample {
  return { kind: "entities", id: "n", documentId: "n", text, entities };
}

const text = fc
  .array(fc.constantFrom("abc", "a", "bcabca", "c", ".", "cb"), { minLength: 1, maxLength: 40 })
  .map((words) => words.join(" "));
const notes = text.chain((note) =>
  fc
    .array(fc.tuple(fc.nat(note.length - 1), fc.nat(12), fc.constantFrom("X", "Y")), { maxLength: 6 })
    .map((drawn) =>
      exampleOf(
        note,
        drawn.map(([start, length, label]) => ({
          label,
          spans: [[start, Math.min(note.length, start + length + 1)]],
        })),
      ),
    ),
);

describe("features of entities", () => {
  test("every word is asked once, in whatever windows, and right answers give back what tags can say", () => {
    for (const scheme of ["iob2", "bioes"] as const) {
      const labels = tagsOf(["X", "Y"], scheme);
      fc.assert(
        fc.property(notes, fc.integer({ min: 8, max: 40 }), (note, maxLength) => {
          const made = entityFeatures([note], tokenizer, { labels, scheme, maxLength, quirks });
          const asked = made.features.flatMap(({ words }) => [...words!].filter((word) => word >= 0));
          expect(asked.sort((a, b) => a - b)).toEqual(made.words[0]!.map((_, word) => word));
          for (const { ids, labels: classes, words } of made.features) {
            expect(ids.length).toBeLessThanOrEqual(maxLength);
            expect([ids[0], ids.at(-1)]).toEqual([tokenizer.classificationId, tokenizer.separatorId]);
            for (const [at, word] of words!.entries()) expect(classes[at] === IGNORED).toBe(word < 0);
          }
          const answers = made.features.map(({ labels: classes }) => ({
            classes: classes.map((label) => Math.max(0, label)),
            logits: null,
          }));
          const [prediction] = entityPredictions([note], made, answers, labels, quirks);
          expect(prediction!.entities.length).toBe(note.entities.length - made.unsayable);
          // What comes back is a gold entity on whole words.
          for (const { label, spans } of prediction!.entities)
            expect(
              note.entities.some(
                (gold) =>
                  gold.label === label &&
                  gold.spans[0]![0] < spans[0]![1] &&
                  spans[0]![0] < gold.spans[0]![1],
              ),
            ).toBe(true);
        }),
        { numRuns: 150 },
      );
    }
  });

  test("given words are kept as they are, with the first piece labelled", () => {
    const note = {
      ...exampleOf("ab.c a", [{ label: "X", spans: [[0, 4]] }]),
      words: [
        [0, 4],
        [5, 6],
      ] as const,
    };
    const { features } = entityFeatures([note], tokenizer, {
      labels: tagsOf(["X"], "iob2"),
      scheme: "iob2",
      maxLength: 16,
      quirks,
    });
    // [CLS] a ##b . c a [SEP]
    expect(features.map(({ labels }) => [...labels])).toEqual([[-1, 1, -1, -1, -1, 0, -1]]);
    expect([...features[0]!.words!]).toEqual([-1, 0, -1, -1, -1, 1, -1]);
  });

  test("the preset labels sub-words, [CLS] and [SEP], cuts, and loses the last sentence", () => {
    const train = [
      {
        ...exampleOf("abc a", [{ label: "X", spans: [[0, 3]] }]),
        words: [
          [0, 3],
          [4, 5],
        ] as const,
      },
      { ...exampleOf("b"), words: [[0, 1]] as const },
    ];
    const labels = modelLabels("ner", "alsentzer2019", "iob2", train);
    expect(labels).toEqual(["[PAD]", "B-X", "I-X", "O", "X", "[CLS]", "[SEP]"]);
    const made = entityFeatures(train, tokenizer, {
      labels,
      scheme: "iob2",
      maxLength: 8,
      quirks: published,
    });
    // [CLS] a ##b ##c a [SEP]: the second sentence is the last one.
    expect(made.features.map(({ labels: classes }) => [...classes])).toEqual([[5, 1, 4, 4, 3, 6]]);
    const long = {
      ...exampleOf("a a a a a a a a"),
      words: Array.from({ length: 8 }, (_, at) => [2 * at, 2 * at + 1] as const),
    };
    const cut = entityFeatures([long, train[1]!], tokenizer, {
      labels,
      scheme: "iob2",
      maxLength: 8,
      quirks: published,
    });
    expect(cut.features.map(({ ids }) => ids.length)).toEqual([8]);
    // The two words behind the cut are outside, whatever the answers; class 0 stands for class 3.
    const answers = [{ classes: Int32Array.of(5, 1, 2, 0, 0, 0, 0, 6), logits: null }];
    const [prediction] = entityPredictions([long, train[1]!], cut, answers, labels, published);
    expect(prediction!.tags).toEqual(["B-X", "I-X", "O", "O", "O", "O", "O", "O"]);
    const three = ["[PAD]", "B-X", "B-Y", "I-X", "I-Y", "O", "X", "[CLS]", "[SEP]"];
    expect(entityPredictions([long], cut, answers, three, published)[0]!.tags[2]).toBe("I-X");
  });
});
