/** @file A compiled graph and the state that it trains: gradients summed over micro-batches, the check of their norm, the update. */
import { ClinicalBertError } from "../errors.js";
import { gradientName } from "../graph/differentiate.js";
import type { Tensor } from "../graph/tensor.js";
import type { Executable, TensorMap } from "../runtime/runtime.js";
import { accumulatedName } from "./accumulated-gradients.js";
import { type AdamW, globalNorm, updateAdamW } from "./adam-w.js";
import type { DropoutFeeds } from "./dropout-places.js";
import { createVector, decaySegments, type ParameterVector } from "./parameter-vector.js";
import type { PackedShape } from "./token-packing.js";

/** Weights and moments: with the step, everything that the next step depends on. */
export interface TrainingState {
  readonly weights: ParameterVector;
  readonly firstMoments: ParameterVector;
  readonly secondMoments: ParameterVector;
}

/** What all trainers share; owns the executable, trains `state` in place. */
export class TrainedGraph {
  readonly state: TrainingState;
  readonly gradients: ParameterVector;
  readonly #executable: Executable;
  readonly #dropout: DropoutFeeds;
  readonly #parameterFeeds: TensorMap;
  readonly #gradientOutputs: TensorMap;

  constructor(executable: Executable, state: TrainingState, dropout: DropoutFeeds) {
    this.#executable = executable;
    this.#dropout = dropout;
    this.state = state;
    this.gradients = createVector(state.weights.table);
    const entries = [...this.gradients.tensors];
    this.#gradientOutputs = Object.fromEntries(entries.map(([name, tensor]) => [gradientName(name), tensor]));
    this.#parameterFeeds = {
      ...Object.fromEntries(state.weights.tensors),
      ...Object.fromEntries(entries.map(([name, tensor]) => [accumulatedName(name), tensor])),
    };
  }

  /** Runs a micro-batch whose first row is row `first` of the batch at `step`, and adds its gradients to `gradients`. */
  run(feeds: TensorMap, rows: PackedShape, step: number, first: number): Promise<Record<string, Tensor>> {
    const masks = this.#dropout.draw(rows, step, first);
    return this.#executable.run({ ...feeds, ...this.#parameterFeeds, ...masks }, this.#gradientOutputs);
  }

  /** Global norm of the gradients. Throws `TRAINING_DIVERGED` when it or the `loss` is not finite. */
  requireFiniteNorm(loss: number, step: number): number {
    const gradientNorm = globalNorm(this.gradients.data);
    if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) return gradientNorm;
    const message = `The loss is ${loss} and the gradient norm ${gradientNorm} at step ${step}.`;
    throw new ClinicalBertError("TRAINING_DIVERGED", message, { details: { step } });
  }

  /** One update of the weights and moments with the gradients times `scale`. */
  update(optimizer: AdamW, learningRate: number, scale: number): void {
    const { weights, firstMoments, secondMoments } = this.state;
    updateAdamW(
      {
        weights: weights.data,
        gradients: this.gradients.data,
        firstMoments: firstMoments.data,
        secondMoments: secondMoments.data,
      },
      decaySegments(weights.table),
      optimizer,
      learningRate,
      scale,
    );
  }

  dispose(): Promise<void> {
    return this.#executable.dispose();
  }
}
