/** @file Token vectors: hash embeddings and static vectors mixed once per distinct word, then windows of neighbours. */
import { hashRows } from "./hash-rows.js";
import {
  type Arithmetic,
  createArithmetic,
  createPlainArithmetic,
  paddedOutputs,
  VARIANCE_FLOOR,
} from "./arithmetic.js";
import { type Engine, FEWEST_OUTSIDE_ROWS, type OutsideArithmetic, type Waiting } from "./matrix-product.js";
import { createMaxout, type MaxoutLayer, type MaxoutWeights, maxoutFloats } from "./maxout.js";
import type { AttributeValues, EmbeddedAttribute, WordForm, WordType, WordTypes } from "./word-types.js";
import type { Words } from "./words.js";

/** One table of a `MultiHashEmbed`: `vectors` [rows, width]. */
export interface HashTable {
  readonly attribute: EmbeddedAttribute;
  readonly seed: number;
  readonly rows: number;
  readonly vectors: Float32Array;
}

/** Static vectors of whole words and their projection to the model's width. */
export interface StaticVectors {
  /** [table rows, size], as the file has them. */
  readonly table: Float32Array;
  readonly size: number;
  /** [width, size] */
  readonly projection: Float32Array;
  /** The table's row of a word, by its 64-bit id; -1 for a zero vector. */
  readonly rowOf: (id: bigint) => number;
}

/** Everything that turns words into vectors of `width` numbers. */
export interface TokenVectorWeights {
  readonly width: number;
  readonly tables: readonly HashTable[];
  readonly staticVectors: StaticVectors | null;
  /** spaCy 2.0 concatenates the static vector first, spaCy 3 last. */
  readonly staticFirst: boolean;
  readonly mixer: MaxoutWeights;
  /** Neighbours on each side that a layer sees. */
  readonly window: number;
  readonly layers: readonly MaxoutWeights[];
  /** spaCy 2.0 embeds the padding between texts as a word whose ids are all 0; spaCy 3 pads with zero vectors. */
  readonly embedsPadding: boolean;
}

export interface TokenVectors {
  readonly width: number;
  /** Vectors [sum of counts, width] of the words of several texts. The array is reused by the next call. */
  encode(texts: readonly Words[], engine: Engine): Waiting<Float32Array>;
  /** The mixed embedding of one word, before its neighbours are seen. */
  embed(type: WordType, space: boolean): Float32Array;
  /** Forgets cached words, after `WordTypes.clear`. */
  clear(): void;
}

/** Rows that go through the layers together: large enough for the products, small enough for the caches. */
const BLOCK_ROWS = 252;

export function createTokenVectors(
  model: TokenVectorWeights,
  types: WordTypes,
  values: AttributeValues,
  outside: OutsideArithmetic | null,
): TokenVectors {
  const { width, window } = model;
  // What a vector depends on: this many words on each side.
  const field = window * model.layers.length;
  const blockRows = BLOCK_ROWS + 2 * field;
  const arithmetic = planArithmetic(model, blockRows);
  const sums = arithmetic.allocate(sumsFloats(model, blockRows));
  const layers = model.layers.map((layer) => createMaxout(layer, slotsOf(model), arithmetic));
  const encodeOutside =
    outside === null || paddedOutputs(width) !== width
      ? null
      : outside.encoder(model.layers, window, VARIANCE_FLOOR);
  const embeddings = createEmbeddings(model, types, values, arithmetic, layers[0] ?? null, sums);
  const block = arithmetic.allocate(blockRows * width);
  const encoded = encodeOutside === null ? block : arithmetic.allocate(blockRows * width);
  let vectors = new Float32Array(0);

  /** Layers over `count` rows in `block`, in place. */
  const applyLayers = (rows: Int32Array, first: number, count: number): void => {
    for (const layer of layers) {
      const margin = window * layer.stride;
      sums.fill(0, 0, margin);
      sums.fill(0, margin + count * layer.stride, 2 * margin + count * layer.stride);
      if (layer !== layers[0]) layer.multiply(block, count, sums.subarray(margin));
      else
        for (let row = 0; row < count; row++)
          embeddings.copySums(rows[first + row]!, sums, margin + row * layer.stride);
      layer.normalize(sums, count, block, true);
    }
  };
  /** Padded rows [start, end) of the texts through the layers; vectors of words among them go to `vectors`. */
  function* encodeRows(
    rows: Int32Array,
    targets: Int32Array,
    start: number,
    end: number,
    engine: Engine,
  ): Waiting<void> {
    const first = Math.max(0, start - field);
    const count = Math.min(rows.length, end + field) - first;
    for (let row = 0; row < count; row++) embeddings.copy(rows[first + row]!, block, row * width);
    let result = block;
    if (engine === "own" || encodeOutside === null || count < FEWEST_OUTSIDE_ROWS)
      applyLayers(rows, first, count);
    else {
      result = encoded;
      const pending = encodeOutside(block, count, encoded);
      if (pending !== undefined) yield pending;
    }
    for (let row = start; row < end; ) {
      const run = row;
      while (row < end && targets[row]! >= 0) row++;
      if (row > run)
        vectors.set(result.subarray((run - first) * width, (row - first) * width), targets[run]! * width);
      while (row < end && targets[row]! < 0) row++;
    }
  }

  return {
    width,
    *encode(texts, engine) {
      const total = texts.reduce((sum, words) => sum + words.count, 0);
      const { rows, targets } = layOut(texts, field, total, embeddings);
      if (vectors.length < total * width) vectors = new Float32Array(total * width);
      for (let start = 0; start < rows.length; start += BLOCK_ROWS)
        yield* encodeRows(rows, targets, start, Math.min(rows.length, start + BLOCK_ROWS), engine);
      return vectors.subarray(0, total * width);
    },
    embed(type, space) {
      const output = new Float32Array(width);
      embeddings.copy(embeddings.rowOf(type, space), output, 0);
      return output;
    },
    clear: embeddings.clear,
  };
}

function slotsOf({ window }: TokenVectorWeights): number {
  return 2 * window + 1;
}

/** Room for the sums of the widest layer over a block and its margins, and of the mixer over new words. */
function sumsFloats(model: TokenVectorWeights, blockRows: number): number {
  const { mixer, layers, window } = model;
  const widest = Math.max(0, ...layers.map(({ outputs, pieces }) => outputs * pieces * slotsOf(model)));
  return Math.max(
    paddedOutputs(widest) * (blockRows + 2 * window),
    paddedOutputs(mixer.outputs * mixer.pieces) * EMBED_ROWS,
  );
}

/** Vector kernels want whole panels of outputs; models of odd widths are computed plainly. */
function planArithmetic(model: TokenVectorWeights, blockRows: number): Arithmetic {
  const { width, mixer, layers, staticVectors } = model;
  if (paddedOutputs(width) !== width) return createPlainArithmetic();
  const size = staticVectors?.size ?? 0;
  const floats = [
    ...[mixer, ...layers].map(maxoutFloats),
    sumsFloats(model, blockRows),
    2 * blockRows * width,
    size * (width + 1) + 2 * width,
    EMBED_ROWS * (mixer.inputs + width),
    EMBED_ROWS * firstSums(model),
  ];
  return createArithmetic({
    floats: floats.reduce((sum, count) => sum + count, 1024),
    products: [mixer.inputs, width, ...(size > 0 ? [size] : [])],
    slots: [1, slotsOf(model)],
    features: 0,
  });
}

/** Floats of one row of the first layer's sums. */
function firstSums(model: TokenVectorWeights): number {
  const [first] = model.layers;
  return first === undefined ? 0 : paddedOutputs(first.outputs * first.pieces * slotsOf(model));
}

/** Texts one after the other with `field` rows of padding around each, as embedding rows and places in the output (-1: padding). */
function layOut(
  texts: readonly Words[],
  field: number,
  total: number,
  embeddings: Embeddings,
): { rows: Int32Array; targets: Int32Array } {
  const length = total + (texts.length + 1) * field;
  const rows = new Int32Array(length).fill(embeddings.paddingRow);
  const targets = new Int32Array(length).fill(-1);
  let at = field;
  let target = 0;
  for (const words of texts) {
    embeddings.prepare(words);
    for (let index = 0; index < words.count; index++) {
      rows[at] = embeddings.rowOf(words.types[index]!, words.spaces[index] === 1);
      targets[at++] = target++;
    }
    at += field;
  }
  return { rows, targets };
}

interface Embeddings {
  /** The row of padding: -1 for a zero vector. */
  readonly paddingRow: number;
  /** Computes the embeddings of all new words of a text in one product. */
  prepare(words: Words): void;
  rowOf(type: number, space: boolean): number;
  copy(row: number, output: Float32Array, at: number): void;
  /** What a row brings to the sums of the first layer. */
  copySums(row: number, output: Float32Array, at: number): void;
  clear(): void;
}

/** Rows of new words that are embedded together. */
const EMBED_ROWS = 126;

/** Mixed embeddings of distinct words (text, norm, space after it) and their sums for the first layer, computed once. */
function createEmbeddings(
  model: TokenVectorWeights,
  types: WordTypes,
  values: AttributeValues,
  arithmetic: Arithmetic,
  firstLayer: MaxoutLayer | null,
  sums: Float32Array,
): Embeddings {
  const { width } = model;
  const sumWidth = firstSums(model);
  const mixer = createMaxout(model.mixer, 1, arithmetic);
  const mixed = arithmetic.allocate(EMBED_ROWS * width);
  const mixedSums = arithmetic.allocate(EMBED_ROWS * sumWidth);
  const featurize = createFeatures(model, values, arithmetic);
  let rowByKey = new Int32Array(1024).fill(-1);
  let cached = new Float32Array(1024 * width);
  let cachedSums = new Float32Array(1024 * sumWidth);
  let count = 0;
  const pending: number[] = [];
  const keyOf = (type: number, space: boolean): number => type * 2 + (space ? 1 : 0);
  const reserve = (key: number): void => {
    if (key >= rowByKey.length) {
      const larger = new Int32Array(Math.max(key + 1, rowByKey.length * 2)).fill(-1);
      larger.set(rowByKey);
      rowByKey = larger;
    }
    if (rowByKey[key] !== -1) return;
    rowByKey[key] = count++;
    pending.push(key);
  };
  /** Writes to `mixed` and `mixedSums`. */
  const mix = (words: readonly FeatureWord[]): void => {
    const rows = words.length;
    mixer.multiply(featurize(words), rows, sums);
    mixer.normalize(sums, rows, mixed, false);
    firstLayer?.multiply(mixed, rows, mixedSums);
  };
  const compute = (): void => {
    cached = withRoom(cached, count * width);
    cachedSums = withRoom(cachedSums, count * sumWidth);
    for (let start = 0; start < pending.length; start += EMBED_ROWS) {
      const keys = pending.slice(start, start + EMBED_ROWS);
      mix(keys.map((key) => ({ form: types.form(key >> 1), space: (key & 1) === 1 })));
      const row = rowByKey[keys[0]!]!;
      cached.set(mixed.subarray(0, keys.length * width), row * width);
      cachedSums.set(mixedSums.subarray(0, keys.length * sumWidth), row * sumWidth);
    }
    pending.length = 0;
  };
  const mixPadding = (): { vector: Float32Array; sums: Float32Array } => {
    mix([{ form: null, space: false }]);
    return { vector: mixed.slice(0, width), sums: mixedSums.slice(0, sumWidth) };
  };
  const padding = model.embedsPadding ? mixPadding() : null;
  return {
    paddingRow: padding === null ? -1 : -2,
    prepare(words) {
      for (let index = 0; index < words.count; index++)
        reserve(keyOf(words.types[index]!, words.spaces[index] === 1));
      if (pending.length > 0) compute();
    },
    rowOf(type, space) {
      const key = keyOf(type, space);
      reserve(key);
      if (pending.length > 0) compute();
      return rowByKey[key]!;
    },
    copy(row, output, at) {
      if (row === -1) output.fill(0, at, at + width);
      else copyRow(row === -2 ? padding!.vector : cached, Math.max(row, 0), width, output, at);
    },
    copySums(row, output, at) {
      if (row === -1) output.fill(0, at, at + sumWidth);
      else copyRow(row === -2 ? padding!.sums : cachedSums, Math.max(row, 0), sumWidth, output, at);
    },
    clear() {
      rowByKey.fill(-1);
      count = 0;
    },
  };
}

function copyRow(table: Float32Array, row: number, width: number, output: Float32Array, at: number): void {
  output.set(table.subarray(row * width, (row + 1) * width), at);
}

/** The same numbers in an array of at least `length`, which grows by doubling. */
function withRoom(array: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const larger = new Float32Array(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}

interface FeatureWord {
  /** `null`: padding, whose ids are all 0. */
  readonly form: WordForm | null;
  readonly space: boolean;
}

/** Rows of concatenated embeddings, the mixer's input. The array is reused. */
type Featurize = (words: readonly FeatureWord[]) => Float32Array;

function createFeatures(
  model: TokenVectorWeights,
  values: AttributeValues,
  arithmetic: Arithmetic,
): Featurize {
  const { width, tables, staticVectors } = model;
  const { inputs } = model.mixer;
  const hashOffset = staticVectors !== null && model.staticFirst ? width : 0;
  const staticOffset = model.staticFirst ? 0 : width * tables.length;
  const size = staticVectors?.size ?? 0;
  const project =
    staticVectors === null ? null : arithmetic.product(staticVectors.projection, null, width, size);
  const vector = arithmetic.allocate(size);
  const projected = arithmetic.allocate(paddedOutputs(width));
  const features = arithmetic.allocate(EMBED_ROWS * inputs);
  const rows = new Uint32Array(4);
  return (words) => {
    features.fill(0, 0, words.length * inputs);
    for (const [index, { form, space }] of words.entries()) {
      for (const [position, table] of tables.entries()) {
        const id = form === null ? 0n : values(form, space, table.attribute);
        hashRows(id, table.seed, table.rows, rows, 0);
        addRows(table, rows, features, index * inputs + hashOffset + position * width);
      }
      if (staticVectors === null) continue;
      const row = staticVectors.rowOf(form === null ? 0n : values(form, space, "ORTH"));
      if (row < 0) continue;
      vector.set(staticVectors.table.subarray(row * size, (row + 1) * size));
      project!(vector, 1, projected);
      features.set(projected.subarray(0, width), index * inputs + staticOffset);
    }
    return features;
  };
}

/** Sums the table's four rows in 32 bits, in order, as thinc's gather does. */
function addRows(table: HashTable, rows: Uint32Array, output: Float32Array, at: number): void {
  const width = table.vectors.length / table.rows;
  for (const row of rows) {
    const from = row * width;
    for (let index = 0; index < width; index++)
      output[at + index] = output[at + index]! + table.vectors[from + index]!;
  }
}
