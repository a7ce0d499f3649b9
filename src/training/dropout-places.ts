/** @file The places of a training graph where elements are dropped, and the masks that are fed there. */
import type { GraphBuilder } from "../graph/builder.js";
import { type Dim, resolveDim, symbolsOf } from "../graph/dim.js";
import { sizeOf, Tensor } from "../graph/tensor.js";
import type { Value } from "../graph/value.js";
import { DropoutMasks } from "./dropout.js";
import { type PackedShape, packingSymbols } from "./token-packing.js";

/** A mask that the graph wants fed: `dropout/PLACE`, with its dims and which probability it has. */
export interface DropoutPlace {
  readonly input: string;
  readonly dims: readonly Dim[];
  readonly kind: "hidden" | "attention";
}

export interface DropoutCollector {
  /** For `bertScope`: multiplies x by the mask of a place. */
  readonly drop: (x: Value, place: string) => Value;
  /** In the order of the forward pass; empty without dropout. */
  readonly places: readonly DropoutPlace[];
}

/** Collects the places while a graph is built. */
export function collectDropout(g: GraphBuilder, enabled: boolean): DropoutCollector {
  const places: DropoutPlace[] = [];
  const drop = (x: Value, place: string): Value => {
    if (!enabled) return x;
    const input = `dropout/${place}`;
    const kind = place.endsWith("attention.probabilities") ? "attention" : "hidden";
    places.push({ input, dims: x.dims, kind });
    return g.mul(x, g.input(input, "float32", x.dims));
  };
  return { drop, places };
}

/** Draws the masks of a micro-batch into memory that is used again and again. */
export class DropoutFeeds {
  readonly #places: readonly DropoutPlace[];
  readonly #masks: DropoutMasks;
  readonly #seed: number;
  /** By place: the largest mask so far; smaller ones are views of it. */
  readonly #memory: Float32Array[] = [];
  /** By place and shape. */
  readonly #tensors = new Map<string, Tensor>();

  constructor(places: readonly DropoutPlace[], probability: number, seed: number) {
    this.#places = places;
    this.#masks = new DropoutMasks(probability);
    this.#seed = seed;
  }

  /** Masks of packed sequences, the first of which is row `firstRow` of the whole batch. Overwritten by the next call. */
  draw(rows: PackedShape, step: number, firstRow: number): Record<string, Tensor> {
    const symbols = packingSymbols(rows);
    const feeds: Record<string, Tensor> = {};
    for (const [place, { input, dims }] of this.#places.entries()) {
      const shape = dims.map((dim) => resolveDim(dim, symbols));
      const tensor = this.#tensor(place, shape);
      const width = sizeOf(shape.slice(1));
      const bySequence = symbolsOf(dims[0]!).includes("B");
      const sizes = rows.lengths.map((length) => (bySequence ? width : length * width));
      const key = { seed: this.#seed, step, place, firstRow };
      this.#masks.fill(tensor.data as Float32Array, sizes, key);
      feeds[input] = tensor;
    }
    return feeds;
  }

  #tensor(place: number, shape: readonly number[]): Tensor {
    const key = `${place} ${shape.join()}`;
    const known = this.#tensors.get(key);
    if (known !== undefined) return known;
    const size = sizeOf(shape);
    if ((this.#memory[place]?.length ?? 0) < size) {
      this.#memory[place] = new Float32Array(size);
      for (const old of [...this.#tensors.keys()]) if (old.startsWith(`${place} `)) this.#tensors.delete(old);
    }
    const tensor = Tensor.float32(this.#memory[place]!.subarray(0, size), shape);
    this.#tensors.set(key, tensor);
    return tensor;
  }
}
