/** @file The demonstration: from notes to a pretrained, evaluated, saved and reloaded small BERT, with a report. Restartable after every stage. */
import { availableParallelism } from "node:os";
import { type BertConfig, PRETRAINING_HEADS } from "../bert/index.js";
import { exportModelFolder } from "../checkpoint/folder/export-folder.js";
import { openModel } from "../checkpoint/open-model.js";
import { ClinicalBertError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { readInstances } from "../instances/instance-sink.js";
import { openInstances } from "../instances/open-instances.js";
import type { Refusal } from "../notes/refusal.js";
import { pipeline } from "../pipelines/pipeline.js";
import { createOrtRuntime } from "../runtime/ort-node.js";
import { createSectionSplitter } from "../sections/splitter.js";
import { createRuleSentenceSplitter } from "../sentences/rule-splitter.js";
import { WordPieceTokenizer } from "../tokens/index.js";
import { evaluatePretraining } from "../training/evaluate.js";
import { startPretraining } from "../training/start-pretraining.js";
import { writeAtomic } from "../util/atomic-file.js";
import { wilsonInterval } from "../util/wilson.js";
import { maskedBaselines } from "./baselines.js";
import { type DemoNotes, realDemoNotes, syntheticDemoNotes } from "./demo-notes.js";
import { DEMO_SETTINGS, type DemoSettings, demoConfig } from "./demo-settings.js";
import { learnVocabulary, readVocabulary, writeAllInstances } from "./demo-stages.js";
import { nextSentenceBaselines } from "./overlap-baseline.js";
import { demoReport } from "./demo-report.js";
import { writeCorpora } from "./side-corpora.js";
import type { StageRecord } from "./stage-clock.js";
import {
  type OnProgress,
  type OnStageProgress,
  openStageFolder,
  runStage,
  type StageFolderKind,
  type StageJob,
} from "./stage-folder.js";

export interface DemoOptions {
  /** Made when missing; a stopped demonstration in it goes on, a finished one begins anew. */
  readonly folder: string;
  /** Files, folders or databases of real notes; synthetic notes when absent. */
  readonly sources?: readonly string[];
  readonly seed?: number;
  /** Shows fillings of the mask, which a model may have taken from the notes, also for real notes. */
  readonly includeText?: boolean;
  readonly settings?: Partial<DemoSettings>;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnStageProgress;
  /** Told of every record of `sources` that is malformed and left out. */
  readonly onRefusal?: (refusal: Refusal) => void;
}

export interface DemoScores {
  readonly maskedAccuracy: number;
  readonly maskedCount: number;
  readonly maskedLoss: number;
  readonly mostFrequentToken: number;
  readonly bigram: number;
  readonly nextSentenceAccuracy: number;
  readonly nextSentencePairs: number;
  /** 95 % (Wilson). */
  readonly nextSentenceInterval: readonly [low: number, high: number];
  readonly nextSentenceMajority: number;
  readonly nextSentenceOverlap: number;
}

/** The likeliest fillings of the mask of a sentence. */
export interface DemoExample {
  readonly text: string;
  readonly fillings: readonly { readonly token: string; readonly score: number }[];
}

export interface DemoResult {
  readonly synthetic: boolean;
  readonly seed: number;
  readonly settings: DemoSettings;
  readonly stages: readonly StageRecord[];
  readonly scores: DemoScores;
  /** Empty for real notes without `includeText`. */
  readonly examples: readonly DemoExample[];
  /** Hugging Face folder of the trained model. */
  readonly model: string;
  readonly report: string;
}

/** Sentences written for the demonstration, in the style of its notes; none of them stands in a template. */
const EXAMPLES = [
  "CHF with leg swelling this morning, given [MASK].",
  "AFib with palpitations at rest, continue [MASK].",
  "[MASK] with productive cough again, tolerated Levaquin.",
  "[MASK] and more melena today, back on Protonix.",
  "COPD with [MASK] overnight, recheck pCO2 while on Spiriva.",
] as const;

/** Everything that the stages share. */
interface Demo extends StageJob {
  readonly notes: DemoNotes;
  readonly settings: DemoSettings;
  readonly seed: number;
  readonly threads: number;
}

/** A finished demonstration begins anew. */
export const DEMO_FOLDER: StageFolderKind = {
  format: "clinicalbert-demo-1",
  file: "demo.json",
  contents: [
    "corpus",
    "vocab.txt",
    "training.instances",
    "held-out.instances",
    "run",
    "model",
    "report.html",
  ],
};

/** Runs or continues a demonstration. Throws `NOTES_TOO_FEW`, `STAGE_FOLDER`, `ABORTED` and what the stages throw. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { seed = 1, includeText = false, sources } = options;
  const settings = { ...DEMO_SETTINGS, ...options.settings };
  const notes =
    sources === undefined
      ? syntheticDemoNotes(seed, settings)
      : await realDemoNotes(sources, options.onRefusal ?? (() => undefined));
  const demo: Demo = {
    folder: await openStageFolder(options.folder, DEMO_FOLDER, { seed, settings, notes: notes.identity }),
    notes,
    settings,
    seed,
    threads: options.threads ?? availableParallelism(),
    signal: options.signal ?? new AbortController().signal,
    stages: [],
    onProgress: options.onProgress ?? (() => undefined),
  };
  await prepare(demo);
  await train(demo);
  await save(demo);
  const scores = await runStage(demo, "evaluate", "pairs", 0, (progress) => evaluate(demo, progress));
  const showsText = notes.synthetic || includeText;
  const examples = showsText
    ? await runStage(demo, "fill [MASK]", "sentences", EXAMPLES.length, () => fillExamples(demo))
    : [];
  const result: DemoResult = {
    synthetic: notes.synthetic,
    seed,
    settings,
    stages: demo.stages,
    scores,
    examples,
    model: modelFolder(demo),
    report: demo.folder.file("report.html"),
  };
  await writeAtomic(result.report, demoReport(result, demo.folder.file("run", "metrics.jsonl")));
  await demo.folder.finish();
  return result;
}

async function prepare(demo: Demo): Promise<void> {
  const { folder, notes, settings, signal, seed } = demo;
  const noteCount = notes.synthetic ? settings.trainingNotes + settings.heldOutNotes : 0;
  await runStage(
    demo,
    notes.synthetic ? "make notes, split" : "read notes, split",
    "notes",
    noteCount,
    async (progress) => {
      const counts = await writeCorpora(notes, folder, {
        sections: createSectionSplitter("corrected"),
        sentences: createRuleSentenceSplitter(),
        onProgress: progress,
        signal,
      });
      return [counts.notes, counts];
    },
  );
  await runStage(demo, "learn vocabulary", "pieces", 0, async () => {
    const size = await learnVocabulary(folder, settings, signal);
    return [size, size];
  });
  const dupeFactor = notes.synthetic ? 1 : settings.realDupeFactor;
  await runStage(demo, "build instances", "instances", 0, async () => {
    const counts = await writeAllInstances(folder, settings, dupeFactor, seed, signal);
    if (counts.training < settings.batchSize || counts["held-out"] === 0)
      throw new ClinicalBertError(
        "NOTES_TOO_FEW",
        `The notes give ${counts.training} training and ${counts["held-out"]} held-out instances; ${settings.batchSize} and 1 are needed.`,
        { details: counts },
      );
    return [counts.training + counts["held-out"], counts];
  });
}

function modelFolder({ folder }: Demo): string {
  return folder.file("model");
}

async function train(demo: Demo): Promise<void> {
  const { folder, settings, seed, threads, signal } = demo;
  const { steps, batchSize, learningRate, warmupSteps } = settings;
  const vocabulary = await readVocabulary(folder);
  const recipe = {
    config: demoConfig(settings, vocabulary.tokens.length),
    init: null,
    instances: [folder.file("training.instances")],
    heldOut: [],
    evaluateEvery: 0,
    evaluateSequences: 0,
    order: "shuffled",
    steps,
    batchSize,
    microBatch: batchSize,
    learningRate,
    warmupSteps,
    dropout: 0,
    seed,
    checkpointEvery: 200,
    keepCheckpoints: 1,
    device: "cpu",
    threads,
    vocabulary: folder.file("vocab.txt"),
  } as const;
  await runStage(demo, "pretrain", "sequences", steps * batchSize, async (progress) => {
    let first = 0;
    const outcome = await startPretraining(
      { recipe, folder: folder.file("run") },
      {
        signal,
        onEvent(event) {
          if (event.kind === "started") first = event.step;
          if (event.kind === "step")
            progress(event.metrics.step * batchSize, `loss ${event.metrics.loss.toFixed(3)}`);
        },
      },
    );
    if (!outcome.finished)
      throw new ClinicalBertError("ABORTED", `Stopped after ${outcome.step} of ${steps} updates.`);
    return [(outcome.step - first) * batchSize, null];
  });
}

/** Writes the Hugging Face folder: weights, configuration, tokenizer files, a model card, ONNX. */
async function save(demo: Demo): Promise<void> {
  const { folder, notes, settings, seed } = demo;
  const { steps, batchSize, learningRate } = settings;
  await runStage(demo, "save model", "parameters", 0, async () => {
    const trained = folder.file("run", "model");
    const { config, parameters } = await loadModel(trained);
    await exportModelFolder(modelFolder(demo), {
      config,
      heads: PRETRAINING_HEADS,
      parameters,
      tokenizer: {
        wordpiece: new WordPieceTokenizer(await readVocabulary(folder), {
          dialect: "huggingface",
          lowercase: false,
        }),
        maxLength: settings.maxLength,
      },
      card: {
        title: "clinicalbert demonstration",
        origin: `a demonstration on ${notes.synthetic ? "synthetic notes" : "notes of its user"}`,
        facts: [
          ["updates", steps],
          ["batch", batchSize],
          ["peak learning rate", learningRate],
          ["seed", seed],
        ],
      },
      onnx: ["fp32"],
    });
    return [[...parameters.values()].reduce((sum, { size }) => sum + size, 0), null];
  });
}

/** Judges the saved model, read back from its folder, beside the baselines. */
async function evaluate(demo: Demo, progress: OnProgress): Promise<readonly [number, DemoScores]> {
  const { folder, threads, signal, settings } = demo;
  const training = await openInstances([folder.file("training.instances")]);
  const heldOut = await openInstances([folder.file("held-out.instances")]);
  try {
    const vocabulary = await readVocabulary(folder);
    const masked = maskedBaselines(training, heldOut, vocabulary.tokens.length);
    const next = nextSentenceBaselines(training, heldOut, vocabulary.tokens);
    progress(0);
    const { config, parameters } = await loadModel(modelFolder(demo));
    const evaluation = await evaluatePretraining(
      await createOrtRuntime({ device: "cpu", threads }),
      parameters,
      readInstances(heldOut),
      {
        config,
        shape: { maxLength: heldOut.maxLength, maxPredictions: heldOut.maxPredictions },
        batchSize: settings.batchSize,
        stopped: () => signal.aborted,
      },
    );
    if (evaluation === null) throw signal.reason;
    const { sequences, nextSentenceAccuracy } = evaluation;
    const scores: DemoScores = {
      maskedAccuracy: evaluation.maskedLmAccuracy,
      maskedCount: evaluation.maskedLmCount,
      maskedLoss: evaluation.maskedLmLoss,
      mostFrequentToken: masked.mostFrequent,
      bigram: masked.bigram,
      nextSentenceAccuracy,
      nextSentencePairs: sequences,
      nextSentenceInterval: wilsonInterval(Math.round(nextSentenceAccuracy * sequences), sequences),
      nextSentenceMajority: next.majority,
      nextSentenceOverlap: next.overlap,
    };
    return [sequences, scores];
  } finally {
    training.close();
    heldOut.close();
  }
}

async function loadModel(path: string): Promise<{ config: BertConfig; parameters: Map<string, Tensor> }> {
  const model = await openModel(path);
  try {
    return { config: model.config, parameters: await model.readParameters(PRETRAINING_HEADS) };
  } finally {
    await model.close();
  }
}

async function fillExamples(demo: Demo): Promise<readonly [number, DemoExample[]]> {
  const fill = await pipeline("fill-mask", modelFolder(demo));
  try {
    const results = await fill([...EXAMPLES], { top_k: 3 });
    const examples = EXAMPLES.map((text, index) => ({
      text,
      fillings: results[index]!.map(({ token_str: token, score }) => ({ token, score })),
    }));
    return [EXAMPLES.length, examples];
  } finally {
    await fill.dispose();
  }
}
