/** @file The places of a training graph where elements are dropped, and the masks that are fed there. */
import type { GraphBuilder } from "../graph/builder.js";
import { type Dim, resolveDim, symbolsOf } from "../graph/dim.js";
import { sizeOf, Tensor } from "../graph/tensor.js";
import type { Value } from "../graph/value.js";
import { DropoutMasks } from "./dropout.js";

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

/** The rows of a micro-batch that masks are drawn for. */
export interface MaskRows {
  readonly symbols: ReadonlyMap<string, number>;
  /** Tokens of every sequence, where the graph's rows are packed tokens. */
  readonly lengths?: readonly number[];
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

  /** Masks of B sequences, the first of which is row `firstRow` of the whole batch. Overwritten by the next call. */
  draw({ symbols, lengths }: MaskRows, step: number, firstRow: number): Record<string, Tensor> {
    const feeds: Record<string, Tensor> = {};
    const B = symbols.get("B")!;
    for (const [place, { input, dims }] of this.#places.entries()) {
      const shape = dims.map((dim) => resolveDim(dim, symbols));
      const tensor = this.#tensor(place, shape);
      const mask = tensor.data as Float32Array;
      const packed = lengths !== undefined && !symbolsOf(dims[0]!).includes("B");
      const sizes = packed
        ? lengths.map((length) => length * sizeOf(shape.slice(1)))
        : new Array<number>(B).fill(mask.length / B);
      this.#masks.fill(mask, sizes, { seed: this.#seed, step, place, firstRow });
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
