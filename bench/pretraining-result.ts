/**
 * @file Does continued pretraining on clinical text help on clinical text? The real MiniLM with a fresh head, and a small BERT from
 * scratch, on open clinical notes or on general text, judged by held-out clinical documents. docs/results.md has the figures.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BERT_BASE, type BertConfig } from "../src/bert/config.js";
import { openModel } from "../src/checkpoint/open-model.js";
import { formatCorpus } from "../src/corpus/format-corpus.js";
import { createInstances } from "../src/instances/create-instances.js";
import { createNativeFile } from "../src/instances/native-file.js";
import { openInstances } from "../src/instances/open-instances.js";
import type { Note } from "../src/notes/note.js";
import { createSectionSplitter } from "../src/sections/splitter.js";
import { createRuleSentenceSplitter } from "../src/sentences/rule-splitter.js";
import { loadVocabulary } from "../src/tokens/vocabulary.js";
import { WordPieceTokenizer } from "../src/tokens/wordpiece-tokenizer.js";
import type { HeldOutLine } from "../src/training/held-out.js";
import { pretrain } from "../src/training/pretrain.js";
import type { PretrainRecipe } from "../src/training/recipe.js";
import { writeAtomic } from "../src/util/atomic-file.js";
import { makeFolder } from "../src/util/make-folder.js";
import { readClinicalTexts, readGeneralTexts } from "./clinical-texts.js";

const [MAX_LENGTH, MAX_PREDICTIONS, DUPE_FACTOR] = [64, 10, 5];
const HELD_OUT_INSTANCES = 400;

const OPTIONS = {
  init: { type: "string" },
  out: { type: "string" },
  seeds: { type: "string", default: "3" },
  /** minilm or small; default both. */
  start: { type: "string" },
  steps: { type: "string", default: "400" },
  "learning-rate": { type: "string", default: "1e-4" },
  warmup: { type: "string", default: "100" },
  threads: { type: "string", default: String(availableParallelism()) },
} as const;

/** What is trained on. `matched` is clinical text of as many tokens as the general text has. */
const TEXTS = ["clinical", "matched", "general"] as const;
type Text = (typeof TEXTS)[number];

/** In the order of their worth, should time run out. */
const ARMS = [
  ["minilm", ["untouched", "clinical", "general"]],
  ["small", ["clinical", "general"]],
  ["minilm", ["matched"]],
] as const;

/** Sizes of the BERT that starts from random weights. */
const SMALL = { hiddenSize: 128, layerCount: 2, headCount: 2, intermediateSize: 512, initializerRange: 0.05 };

export const bench = {
  summary: "held-out clinical losses after continued pretraining on clinical and on general text",
  async run(args: readonly string[]): Promise<void> {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const data = process.env["CLINICALBERT_DATA"];
    if (data === undefined || values.init === undefined || values.out === undefined)
      throw new Error("CLINICALBERT_DATA, --init (a MiniLM folder) and --out (a folder) are needed.");
    const { init, out } = values;
    await makeInstances(data, join(init, "vocab.txt"), out);
    const model = await openModel(init);
    await model.close();
    const setting: Setting = {
      out,
      steps: Number(values.steps),
      learningRate: Number(values["learning-rate"]),
      warmupSteps: Number(values.warmup),
      threads: Number(values.threads),
    };
    const starts = { minilm: { config: model.config, init }, small: smallStart(model.config) };
    const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
    for (const [start, texts] of ARMS.filter(([name]) => name === (values.start ?? name)))
      for (const seed of seeds)
        for (const text of texts)
          print(start, text, seed, await measure(starts[start], start, text, seed, setting));
  },
};

interface Setting {
  readonly out: string;
  readonly steps: number;
  /** Of the model that starts from published weights. */
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly threads: number;
}

interface Start {
  readonly config: BertConfig;
  readonly init: string | null;
}

function smallStart({ vocabSize }: BertConfig): Start {
  return { config: { ...BERT_BASE, ...SMALL, vocabSize, maxPositions: MAX_LENGTH }, init: null };
}

function print(start: string, text: string, seed: number, evaluation: HeldOutLine): void {
  console.log(
    `${start} ${text} seed ${seed}: masked-LM loss ${evaluation.masked_lm_loss.toFixed(4)}, accuracy ${evaluation.masked_lm_accuracy.toFixed(4)}, ` +
      `next-sentence accuracy ${evaluation.next_sentence_accuracy.toFixed(4)} (${evaluation.sequences} held-out sequences)`,
  );
}

/** Trains one model, or goes on with it, or reads what it reached. `untouched` makes one step, whose rate is 0. */
async function measure(
  { config, init }: Start,
  name: string,
  text: Text | "untouched",
  seed: number,
  { out, steps, learningRate, warmupSteps, threads }: Setting,
): Promise<HeldOutLine> {
  const folder = join(out, "runs", `${name}-${text}-${seed}`);
  const result = join(folder, "result.json");
  if (existsSync(result)) return JSON.parse(await readFile(result, "utf8")) as HeldOutLine;
  const recipe: PretrainRecipe = {
    config,
    init,
    instances: [join(out, `${text === "untouched" ? "clinical" : text}.instances`)],
    heldOut: [join(out, "held-out.instances")],
    evaluateEvery: 0,
    evaluateSequences: 0,
    order: "shuffled",
    steps: text === "untouched" ? 1 : steps,
    batchSize: 16,
    microBatch: 16,
    learningRate: init === null ? 1e-3 : learningRate,
    warmupSteps,
    dropout: init === null ? 0 : 0.1,
    seed,
    checkpointEvery: 50,
    keepCheckpoints: 1,
    device: "cpu",
    threads,
    vocabulary: join(out, "vocab.txt"),
  };
  const outcome = await pretrain({ recipe, folder }, { onEvent() {}, stopped: () => false });
  if (outcome.evaluation === null) throw new Error("the run was stopped");
  await writeAtomic(result, JSON.stringify(outcome.evaluation));
  return outcome.evaluation;
}

async function makeInstances(data: string, vocabularyPath: string, out: string): Promise<void> {
  if (existsSync(join(out, "vocab.txt"))) return;
  const vocabularyText = await readFile(vocabularyPath, "utf8");
  const vocabulary = loadVocabulary(vocabularyText);
  const tokenizer = new WordPieceTokenizer(vocabulary, { dialect: "google", lowercase: true });
  const widths = {
    maxLength: MAX_LENGTH,
    maxPredictions: MAX_PREDICTIONS,
    vocabularySize: vocabulary.tokens.length,
  };
  const write = async (name: string, notes: readonly Note[], dupeFactor: number): Promise<void> => {
    const corpus = join(out, "corpus", name);
    const { counts } = await formatCorpus(notes, {
      out: corpus,
      sections: createSectionSplitter("corrected"),
      sentences: createRuleSentenceSplitter(),
      byCategory: false,
    });
    const made = await createInstances([join(corpus, "notes.txt")], tokenizer, {
      seed: 1,
      dupeFactor,
      maxLength: MAX_LENGTH,
      maxPredictions: MAX_PREDICTIONS,
    });
    const kept = name === "held-out" ? made.slice(0, HELD_OUT_INSTANCES) : made;
    const file = await createNativeFile(join(out, `${name}.instances`), widths);
    for (const instance of kept) await file.write(instance);
    await file.commit();
    console.log(
      `${name}: ${notes.length} documents, ${counts.sentences} sentences, ${counts.words} words, ${kept.length} instances`,
    );
  };
  await makeFolder(out);
  const { training, heldOut } = await readClinicalTexts(data);
  const general = readGeneralTexts(data);
  await write("clinical", training, DUPE_FACTOR);
  await write("matched", cutTo(training, characters(general)), DUPE_FACTOR);
  await write("general", general, DUPE_FACTOR);
  await write("held-out", heldOut, 1);
  for (const name of [...TEXTS, "held-out"] as const)
    (await openInstances(join(out, `${name}.instances`))).close();
  await writeAtomic(join(out, "vocab.txt"), vocabularyText);
}

function characters(notes: readonly Note[]): number {
  return notes.reduce((sum, { text }) => sum + text.length, 0);
}

/** Every n-th note, so that all collections are in it, until there are `limit` characters. */
function cutTo(notes: readonly Note[], limit: number): Note[] {
  const stride = Math.max(1, Math.floor(characters(notes) / limit));
  const kept: Note[] = [];
  let length = 0;
  for (let at = 0; at < notes.length && length < limit; at += stride) {
    kept.push(notes[at]!);
    length += notes[at]!.text.length;
  }
  return kept;
}
