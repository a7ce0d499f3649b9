/** @file A tiny model folder and examples that it can learn, for tests of fine-tuning. Real components, random weights. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BERT_BASE, type BertConfig } from "../../src/bert/index.js";
import { exportModelFolder } from "../../src/checkpoint/folder/export-folder.js";
import type { EntityExample, LabelExample } from "../../src/tasks/index.js";
import { type FinetuneRecipe, type FinetuneTask, presetSettings } from "../../src/tasks/finetuning/index.js";
import { createVocabulary, WordPieceTokenizer } from "../../src/tokens/index.js";
import { initializeParameters } from "../../src/training/parameter-vector.js";
import { createTrainingState } from "../../src/training/pretrainer.js";
import { createWords } from "../../src/util/counter-random.js";

export const DRUGS = ["lasix", "aspirin", "heparin", "insulin"];
const FILLERS = ["the", "patient", "was", "given", "daily", "today", "again", "for", "pain", "and"];
const TOKENS = [
  "[PAD]",
  "[UNK]",
  "[CLS]",
  "[SEP]",
  "[MASK]",
  ".",
  ",",
  "sodium",
  ...FILLERS,
  "las",
  "##ix",
  "##ly",
];

export const TINY_CONFIG: BertConfig = {
  ...BERT_BASE,
  vocabSize: TOKENS.length + DRUGS.length - 1,
  hiddenSize: 32,
  layerCount: 2,
  headCount: 2,
  intermediateSize: 64,
  maxPositions: 160,
  initializerRange: 0.1,
};

/** Writes the model folder; `lasix` is two pieces. */
export async function writeTinyModel(folder: string, name = "tiny", seed = 4): Promise<string> {
  const path = join(folder, name);
  const state = createTrainingState(TINY_CONFIG);
  initializeParameters(state.weights, TINY_CONFIG.initializerRange, seed);
  const vocabulary = createVocabulary([...TOKENS, ...DRUGS.filter((drug) => drug !== "lasix")]);
  await exportModelFolder(path, {
    config: TINY_CONFIG,
    heads: ["pooler", "masked-lm", "next-sentence"],
    parameters: state.weights.tensors,
    tokenizer: {
      wordpiece: new WordPieceTokenizer(vocabulary, { dialect: "huggingface", lowercase: true }),
      maxLength: TINY_CONFIG.maxPositions,
    },
    card: { title: "tiny", origin: "random weights", facts: [] },
    onnx: [],
  });
  return path;
}

/** Sentences with drugs (`DRUG`), some followed by `sodium`, which belongs to them. */
export function drugNotes(count: number, seed: number): EntityExample[] {
  return Array.from({ length: count }, (_, index) => {
    const word = createWords(99, seed, [index, 0, 0]);
    const entities: EntityExample["entities"][number][] = [];
    let text = "";
    for (let sentence = 0; sentence < 2; sentence++) {
      for (let at = 0; at < 6 + (word() % 4); at++) {
        if (text !== "" && !text.endsWith(" ")) text += " ";
        const start = text.length;
        if (word() % 4 === 0) {
          text += DRUGS[word() % DRUGS.length]!;
          if (word() % 3 === 0) text += " sodium";
          entities.push({ label: "DRUG", spans: [[start, text.length]] });
        } else text += FILLERS[word() % FILLERS.length]!;
      }
      text += ". ";
    }
    return {
      kind: "entities",
      id: `note-${seed}-${index}`,
      documentId: `note-${seed}-${index}`,
      patientId: `patient-${index % 7}`,
      text,
      entities,
    };
  });
}

/** Pairs: `yes` when the second text begins with one of two words that the first may hold as well. */
export function markedPairs(count: number, seed: number): LabelExample[] {
  return Array.from({ length: count }, (_, index) => {
    const word = createWords(98, seed, [index, 0, 0]);
    const rest = (): string =>
      Array.from({ length: 3 + (word() % 5) }, () => FILLERS[word() % FILLERS.length]!).join(" ");
    const marked = word() % 2 === 0;
    return {
      kind: "label",
      id: `pair-${seed}-${index}`,
      documentId: `pair-${seed}-${index}`,
      text: `${rest()} ${DRUGS[2 + (word() % 2)]!}`,
      pair: `${DRUGS[marked ? 2 : 3]!} ${rest()}`,
      label: marked ? "yes" : "no",
    };
  });
}

/** The three files of MedNLI with such pairs, of two of its three classes. */
export async function writeMednli(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [part, count] of [
    ["train", 60],
    ["dev", 20],
    ["test", 20],
  ] as const) {
    const lines = markedPairs(count, count + part.length).map(({ text, pair, label, id }) =>
      JSON.stringify({
        ...{ sentence1: text, sentence2: pair, pairID: id },
        gold_label: label === "yes" ? "entailment" : "neutral",
      }),
    );
    await writeFile(join(folder, `mli_${part}_v1.jsonl`), `${lines.join("\n")}\n`);
  }
}

export function tinyRecipe(
  task: FinetuneTask,
  model: string,
  labels: readonly string[],
  changes: Partial<FinetuneRecipe> = {},
): FinetuneRecipe {
  return {
    ...presetSettings("default"),
    task,
    preset: "default",
    model,
    labels,
    maxLength: 32,
    epochs: 4,
    batchSize: 8,
    learningRate: 3e-3,
    device: "cpu",
    threads: 1,
    ...changes,
  };
}
