/** @file Hours of a reproduction on this machine: one update of fine-tuning is measured, the rest is reckoned. Writes nothing. */
import { BERT_BASE, type BertConfig } from "../bert/config.js";
import { createOrtRuntime } from "../runtime/ort-node.js";
import { headsOf } from "../tasks/finetuning/recipe.js";
import { Finetuner } from "../tasks/finetuning/finetuner.js";
import type { Feature } from "../tasks/finetuning/feature.js";
import { type FinetuneRecipe, presetSettings } from "../tasks/finetuning/index.js";
import { initializeParameters } from "../training/parameter-vector.js";
import { createTrainingState } from "../training/pretrainer.js";
import { PRESETS } from "../training/presets.js";
import { readTask } from "./reproduction-data.js";
import {
  type FinetuneStage,
  firstConfig,
  type ReproduceOptions,
  type ReproductionPlan,
  stageRuns,
} from "./reproduce.js";

export interface StageEstimate {
  readonly stage: string;
  readonly runs: number;
  /** Tokens that pass through the graph forward and backward, padding included. */
  readonly tokens: number;
  readonly hours: number;
}

export interface ReproductionEstimate {
  /** Training, this model on this machine, now. */
  readonly tokensPerSecond: number;
  readonly parameters: number;
  readonly stages: readonly StageEstimate[];
  readonly totalHours: number;
}

const LENGTH = 128;
const ROWS = 4;
/** After the first update, which is slow. */
const MEASURED = 1;
/** Answers cost a third of an update: forward alone. */
const FORWARD = 1 / 3;
/** Word pieces of a word, padding included: assumed, on the high side. */
const PIECES_PER_WORD = 1.5;

/** Measures with the first given model's shape, else with BERT-Base's. */
export async function estimateReproduction(
  options: ReproduceOptions,
  plan: ReproductionPlan,
  signal: AbortSignal,
): Promise<ReproductionEstimate> {
  const config = (await firstConfig(options)) ?? BERT_BASE;
  const { tokensPerSecond, parameters } = await measureUpdates(config, options, signal);
  const stages: StageEstimate[] = [];
  const add = (stage: string, runs: number, tokens: number): void => {
    stages.push({ stage, runs, tokens, hours: tokens / tokensPerSecond / 3600 });
  };
  for (const { model } of plan.pretraining) {
    const { steps, batchSize, maxLength } = PRESETS[model].values;
    // The masked-LM head costs about a tenth of the encoder in addition (numerics contract, "What a FLOP is").
    const updates = options.pretrainSteps ?? steps!.value;
    add(`pretraining ${model}`, 1, 1.1 * updates * batchSize!.value * maxLength!.value);
  }
  for (const stage of plan.finetuning) {
    const data = await readTask(stage.task, plan.files.get(stage.task)!);
    const runs = stageRuns(options, stage, data);
    add(`${stage.model} on ${stage.task}`, runs.length, tokensOf(stage, runs, data));
    signal.throwIfAborted();
  }
  return {
    tokensPerSecond,
    parameters,
    stages,
    totalHours: stages.reduce((sum, { hours }) => sum + hours, 0),
  };
}

/** NER pads every sentence to the preset's length; pairs have about as many tokens as their words and pieces make. */
function tokensOf(
  { task }: FinetuneStage,
  runs: ReturnType<typeof stageRuns>,
  { train, dev, test }: Awaited<ReturnType<typeof readTask>>,
): number {
  const length = presetSettings("alsentzer2019").maxLength;
  const count = (examples: typeof train): number =>
    examples.reduce((sum, example) => {
      const text = example.kind === "label" ? `${example.text} ${example.pair ?? ""}` : example.text;
      const words = text.split(/\s+/).length;
      if (task === "mednli") return sum + Math.min(length, PIECES_PER_WORD * words + 3);
      const sentences =
        example.kind === "entities" ? (example.sentences?.length ?? Math.ceil(words / 15)) : 1;
      return sum + length * sentences;
    }, 0);
  const [trained, answered] = [count(train), FORWARD * count(dev ?? [])];
  const tested = FORWARD * count(test ?? []);
  return runs.reduce(
    (sum, { recipe: { epochs } }) => sum + epochs * (trained + answered) + answered + tested,
    0,
  );
}

async function measureUpdates(
  config: BertConfig,
  { device, threads }: Pick<ReproduceOptions, "device" | "threads">,
  signal: AbortSignal,
): Promise<{ tokensPerSecond: number; parameters: number }> {
  const labels = ["O", "B-X", "I-X"];
  const recipe: FinetuneRecipe = {
    ...presetSettings("default"),
    task: "ner",
    preset: "default",
    model: "",
    labels,
    maxLength: LENGTH,
    batchSize: ROWS,
    device,
    threads,
  };
  const state = createTrainingState({ ...config, labels }, headsOf("ner"));
  initializeParameters(state.weights, config.initializerRange, 1);
  const trainer = await Finetuner.create(
    await createOrtRuntime({ device, threads }),
    { config: { ...config, labels }, recipe, totalSteps: 100 },
    state,
  );
  const features = Array.from(
    { length: ROWS },
    (_, example): Feature => ({
      example,
      ids: Int32Array.from(
        { length: LENGTH },
        (__, at) => (7919 * (at + LENGTH * example)) % config.vocabSize,
      ),
      typeIds: new Uint8Array(LENGTH),
      labels: new Int32Array(LENGTH).fill(1),
      words: null,
    }),
  );
  const batch = { epoch: 0, rows: features.map((_, row) => row) };
  try {
    await trainer.step(features, batch, 0);
    const started = performance.now();
    for (let step = 1; step <= MEASURED; step++) {
      // The arithmetic blocks this thread: lets signals in.
      await new Promise((done) => setImmediate(done));
      signal.throwIfAborted();
      await trainer.step(features, batch, step);
    }
    const seconds = (performance.now() - started) / 1000;
    return { tokensPerSecond: (MEASURED * ROWS * LENGTH) / seconds, parameters: state.weights.data.length };
  } finally {
    await trainer.dispose();
  }
}
