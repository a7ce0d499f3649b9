/** @file The answers of a fine-tuned model: no dropout, no gradients. */
import type { BertConfig } from "../../bert/config.js";
import type { Tensor } from "../../graph/tensor.js";
import { planBatches } from "../../pipelines/run-batches.js";
import type { Runtime } from "../../runtime/runtime.js";
import type { Feature } from "./feature.js";
import { packFeatures } from "./feature-batch.js";
import { paddedLength } from "./finetuner.js";
import { finetuningGraph } from "./finetuning-graph.js";
import { type FinetuneTask, headsOf } from "./recipe.js";

export interface AnswerOptions {
  readonly config: BertConfig;
  readonly task: FinetuneTask;
  /** Gives linear layers 8 bits a weight; `parameters` must then stay as they are. */
  readonly quantize?: boolean;
  /** Asked between batches; the result is then null. */
  readonly stopped?: () => boolean;
}

/** The answer for one feature. */
export interface Answer {
  /** The likeliest class of each token [T], or of the whole [1]. */
  readonly classes: Int32Array;
  /** Scores of the classes before the softmax, for a whole text only. */
  readonly logits: Float32Array | null;
}

export interface Answerer {
  /** Answers in the order of `features`; null when `stopped` said so. */
  answer(features: readonly Feature[]): Promise<Answer[] | null>;
  dispose(): Promise<void>;
}

/** Tokens of a batch, padding included. */
const TOKENS_AT_ONCE = 2048;

/** Compiles the forward graph on `parameters`, whose numbers may change between calls. */
export async function createAnswerer(
  runtime: Runtime,
  parameters: ReadonlyMap<string, Tensor>,
  { config, task, quantize = false, stopped = () => false }: AnswerOptions,
): Promise<Answerer> {
  const { graph } = finetuningGraph(config, headsOf(task), { dropout: false, gradients: false });
  const executable = await runtime.compile(graph, quantize ? { constants: parameters, quantize } : {});
  const parameterFeeds = Object.fromEntries(parameters);
  const ofTokens = task === "ner";
  return {
    async answer(features) {
      const answers: Answer[] = [];
      const lengths = features.map(({ ids }) => ids.length);
      for (const batch of planBatches(lengths, TOKENS_AT_ONCE)) {
        // The arithmetic blocks this thread: lets signals in.
        await new Promise((done) => setImmediate(done));
        if (stopped()) return null;
        const rows = batch.map((index) => features[index]!);
        const length = paddedLength(rows, config.maxPositions);
        const { padTokenId: paddingId, headCount } = config;
        const layout = { length, headCount, paddingId, ofTokens, paddingClass: null };
        const { feeds, starts } = packFeatures(rows, layout, () => 0);
        const outputs = await executable.run({ ...parameterFeeds, ...feeds });
        const predictions = outputs["predictions"]!.data;
        const logits = outputs["logits"]!.data as Float32Array;
        const classCount = config.labels.length;
        for (const [row, index] of batch.entries())
          answers[index] = {
            classes: Int32Array.from({ length: ofTokens ? rows[row]!.ids.length : 1 }, (_, at) =>
              Number(predictions[(ofTokens ? starts[row]! : row) + at]),
            ),
            logits: ofTokens ? null : logits.slice(row * classCount, (row + 1) * classCount),
          };
      }
      return answers;
    },
    dispose: () => executable.dispose(),
  };
}
