/** @file What the table of ops must say of each kind: the types of its outputs and its gradient. */
import type { GraphBuilder } from "../builder.js";
import type { NodeOf, OpAttributes, OpKind, Value, ValueType } from "../value.js";

/** The gradient with respect to each input; `null` for an input that has none. */
export type Gradients = readonly (Value | null)[];

/**
 * `dy[i]` is the gradient of the loss with respect to output i, `null` when the loss does not depend on it. Rules are
 * called only when at least one is not null.
 */
export type GradientRule<K extends OpKind> = (
  g: GraphBuilder,
  node: NodeOf<K>,
  dy: readonly (Value | null)[],
) => Gradients;

export interface OpDefinition<K extends OpKind> {
  /** Types of the outputs; throws `GRAPH_SHAPE` for inputs that the op cannot take. */
  infer(inputs: readonly Value[], attributes: OpAttributes[K]): readonly ValueType[];
  /** `"none"`: the op has no gradient (whole numbers, piecewise constant, or a leaf). */
  readonly gradient: GradientRule<K> | "none";
}
