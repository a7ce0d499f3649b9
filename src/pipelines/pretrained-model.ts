/** @file A loaded model that runs on tensors, on whatever runtime it was given. Loading is in `models.ts` and `web/`. */
import { type BertConfig, type BertHead, inferenceGraph } from "../bert/index.js";
import { ClinicalBertError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import type { Graph } from "../graph/value.js";
import type { Executable, Runtime, TensorMap } from "../runtime/runtime.js";
import type { ModelDtype } from "./shared-options.js";
import { Callable } from "./callable.js";
import { indexable } from "./indexable.js";
import type { PretrainedConfig } from "./pretrained-config.js";
import { type ModelRow, type RowOptions, readRows } from "./rows.js";

/** int64 tensors [B, S]; the mask is all ones and the types all zeros when absent. */
export interface ModelInputs {
  readonly input_ids: Tensor;
  readonly attention_mask?: Tensor;
  readonly token_type_ids?: Tensor;
  /** Adds `hidden_states`: the embeddings, then every layer, each [B, S, H]. */
  readonly output_hidden_states?: boolean;
  /** Adds `attentions`: every layer, each [B, A, S, S]. */
  readonly output_attentions?: boolean;
}

/** `last_hidden_state`, `pooler_output`, `logits`, `prediction_logits`, `seq_relationship_logits`: what the model has. */
export interface ModelOutputs {
  readonly [name: string]: Tensor;
}

export interface ExtendedOutputs {
  readonly hidden_states?: readonly Tensor[];
  readonly attentions?: readonly Tensor[];
}

export interface PreTrainedModel {
  /** Runs the model. Throws `PIPELINE_INPUT` for tensors of wrong shapes or more positions than the model has. */
  // biome-ignore lint/style/useShorthandFunctionType: merged with the class of the same name
  (inputs: ModelInputs): Promise<ModelOutputs & ExtendedOutputs>;
}

/** What a model is made of when its parameters are read. */
export interface LoadedModel {
  readonly name: string;
  readonly config: PretrainedConfig;
  readonly bertConfig: BertConfig;
  readonly heads: readonly BertHead[];
  readonly parameters: ReadonlyMap<string, Tensor<Float32Array>>;
  readonly runtime: Runtime;
  readonly dtype: ModelDtype;
  readonly weights?: WeightsUse;
}

/**
 * Where a model's matrices are: part of the compiled graph (the default), which lays them out for its products once (a text of 16 tokens
 * takes 0.6 of the time) and holds them a second time; or fed to every run, so that graphs under other heads share them.
 */
export type WeightsUse = "constant" | "fed";

interface GraphWishes {
  readonly hiddenStates: boolean;
  readonly attentions: boolean;
}

/** A loaded model; call it with tensors, `dispose` it when done. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: instances are callable, see `Callable`
export class PreTrainedModel extends Callable {
  /** The path, or the hub id with its commit. */
  readonly name_or_path: string;
  readonly config: PretrainedConfig;
  readonly #loaded: LoadedModel;
  readonly #weights: TensorMap;
  readonly #executables = new Map<string, Promise<Executable>>();

  constructor(loaded: LoadedModel) {
    super();
    this.name_or_path = loaded.name;
    this.config = loaded.config;
    this.#loaded = loaded;
    this.#weights = Object.fromEntries(loaded.parameters);
  }

  async _call(inputs: ModelInputs): Promise<ModelOutputs & ExtendedOutputs> {
    const wishes = {
      hiddenStates: inputs.output_hidden_states ?? this.config["output_hidden_states"] === true,
      attentions: inputs.output_attentions ?? this.config["output_attentions"] === true,
    };
    const outputs = await this.run(completeInputs(inputs, this.#loaded.bertConfig), wishes);
    return collectOutputs(outputs);
  }

  /** The outputs by the names of the graph, without the comforts of the Auto API. */
  async run(
    inputs: TensorMap,
    wishes: GraphWishes = { hiddenStates: false, attentions: false },
  ): Promise<Record<string, Tensor>> {
    const executable = await this.#executable(wishes);
    return executable.run({ ...this.#weights, ...inputs });
  }

  /** What each row asks for, in order: rows run sorted by length, in batches with little padding. */
  readRows(rows: readonly ModelRow[], options?: RowOptions): Promise<Float32Array[]> {
    return readRows(this, rows, options);
  }

  /** The same weights under other heads or on another runtime; each of the two models is disposed of by itself. */
  withHeads(
    heads: readonly BertHead[],
    {
      runtime = this.#loaded.runtime,
      weights,
    }: { readonly runtime?: Runtime; readonly weights?: WeightsUse } = {},
  ): PreTrainedModel {
    return new PreTrainedModel({
      ...this.#loaded,
      heads,
      runtime,
      ...(weights === undefined ? {} : { weights }),
    });
  }

  /** Frees the compiled graphs. */
  async dispose(): Promise<void> {
    for (const executable of this.#executables.values()) await (await executable).dispose();
    this.#executables.clear();
  }

  /** Graphs with hidden states or attentions are compiled when they are first asked for. */
  #executable(wishes: GraphWishes): Promise<Executable> {
    const key = JSON.stringify(wishes);
    const known = this.#executables.get(key);
    if (known !== undefined) return known;
    const { bertConfig, heads, runtime, dtype, parameters } = this.#loaded;
    const graph = inferenceGraph(bertConfig, { heads, ...wishes });
    const made = runtime.compile(graph, {
      constants: new Map([...parameters].filter(([name]) => this.#isConstant(name, graph, wishes))),
      quantize: dtype === "q8",
    });
    this.#executables.set(key, made);
    return made;
  }

  /**
   * Tables that are only looked up gain nothing by it, and graphs that are seldom asked for are not worth a copy. Quantized weights, and all
   * of them where feeding copies, are always constants.
   */
  #isConstant(name: string, graph: Graph, { hiddenStates, attentions }: GraphWishes): boolean {
    const { runtime, dtype, weights = "constant" } = this.#loaded;
    if (runtime.copiesFeeds || dtype === "q8") return true;
    return weights === "constant" && !hiddenStates && !attentions && !isTable(name, graph);
  }
}

/** Whether rows of the input are gathered: onnxruntime keeps such a one as it is. */
function isTable(name: string, { nodes }: Graph): boolean {
  return nodes.some(
    ({ op, inputs: [table] }) =>
      op === "gather" && table?.node.op === "input" && table.node.attributes.name === name,
  );
}

function completeInputs(inputs: ModelInputs, { maxPositions }: BertConfig): TensorMap {
  const { input_ids } = inputs;
  const { dims } = input_ids;
  if (dims.length !== 2 || dims[1] === 0)
    throw invalid(`input_ids has the shape [${dims.join(", ")}]; [batch, tokens] is needed`);
  if (dims[1]! > maxPositions)
    throw invalid(
      `${dims[1]} tokens are more than the ${maxPositions} positions of the model; truncate, or use windows`,
    );
  const attention_mask = inputs.attention_mask ?? filled(dims, 1n);
  const token_type_ids = inputs.token_type_ids ?? filled(dims, 0n);
  for (const [name, tensor] of Object.entries({ attention_mask, token_type_ids }))
    if (tensor.dims.join() !== dims.join())
      throw invalid(`${name} has the shape [${tensor.dims.join(", ")}], input_ids [${dims.join(", ")}]`);
  return { input_ids, attention_mask, token_type_ids };
}

function filled(dims: readonly number[], value: bigint): Tensor {
  const tensor = Tensor.zeros("int64", dims);
  if (value !== 0n) (tensor.data as BigInt64Array).fill(value);
  return tensor;
}

function collectOutputs(outputs: Record<string, Tensor>): ModelOutputs & ExtendedOutputs {
  const collected: Record<string, Tensor | Tensor[]> = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    const [, list, index] = /^(hidden_states|attentions)\.(\d+)$/.exec(name) ?? [];
    if (list === undefined) collected[name] = indexable(tensor);
    else {
      const tensors = (collected[list] ?? []) as Tensor[];
      tensors[Number(index)] = indexable(tensor);
      collected[list] = tensors;
    }
  }
  return collected as unknown as ModelOutputs & ExtendedOutputs;
}

function invalid(what: string): ClinicalBertError {
  return new ClinicalBertError("PIPELINE_INPUT", `The model cannot run: ${what}.`);
}
