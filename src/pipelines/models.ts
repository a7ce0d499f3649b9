/** @file `AutoModel…`: loads a published BERT with the heads that a task needs and runs it on tensors. */
import { type BertConfig, type BertHead, inferenceGraph, PRETRAINING_HEADS } from "../bert/index.js";
import { openModel } from "../checkpoint/index.js";
import { ClinicalBertError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import { createOrtRuntime, type Executable, type Runtime, type TensorMap } from "../runtime/index.js";
import { float16Bits, float16Value } from "../util/half.js";
import { completeConfig, type PretrainedConfig } from "./auto-config.js";
import { Callable } from "./callable.js";
import { indexable } from "./indexable.js";
import {
  hubOptions,
  type ModelDtype,
  type PretrainedModelOptions,
  requireDevice,
  requireDtype,
  sayNotices,
} from "./options.js";

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

interface LoadedModel {
  readonly name: string;
  readonly config: PretrainedConfig;
  readonly bertConfig: BertConfig;
  readonly heads: readonly BertHead[];
  readonly parameters: ReadonlyMap<string, Tensor<Float32Array>>;
  readonly runtime: Runtime;
  readonly dtype: ModelDtype;
}

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
  readonly #executables = new Map<string, Promise<Executable>>();

  constructor(loaded: LoadedModel) {
    super();
    this.name_or_path = loaded.name;
    this.config = loaded.config;
    this.#loaded = loaded;
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
    const fed =
      this.#loaded.dtype === "q8" ? inputs : { ...Object.fromEntries(this.#loaded.parameters), ...inputs };
    return executable.run(fed);
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
    const made =
      dtype === "q8"
        ? runtime.compile(graph, { constants: parameters, quantize: true })
        : runtime.compile(graph);
    this.#executables.set(key, made);
    return made;
  }
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

const HALF_NOTICE =
  "dtype fp16: weight matrices are rounded to half precision; the arithmetic is float32, because this version has no fp16 kernels.";

/** The numbers that `onnx/model_fp16.onnx` holds: matrices in half precision, vectors as they are. */
function roundToHalf(parameters: ReadonlyMap<string, Tensor<Float32Array>>): void {
  for (const { data, dims } of parameters.values())
    if (dims.length > 1)
      for (let index = 0; index < data.length; index++) data[index] = float16Value(float16Bits(data[index]!));
}

/** What `AutoModel…` classes share. */
export interface AutoModelClass {
  /**
   * Loads a folder, weights file, TensorFlow prefix, .tar.gz or hub id. Throws `HEAD_MISSING` for a head that the weights
   * do not have (never random numbers), `MODEL_INCOMPLETE`, `HUB_…`, `CHECKPOINT_…`, `RUNTIME_DEVICE`.
   */
  from_pretrained(source: string, options?: PretrainedModelOptions): Promise<PreTrainedModel>;
}

function autoModel(headsOf: (present: ReadonlySet<BertHead>) => readonly BertHead[]): AutoModelClass {
  return {
    async from_pretrained(source, options = {}) {
      const dtype = requireDtype(options.dtype);
      const device = requireDevice(options.device);
      const opened = await openModel(source, hubOptions(options));
      try {
        sayNotices(opened.notices, options);
        const heads = headsOf(opened.heads);
        const parameters = await opened.readParameters(heads);
        if (dtype === "fp16") {
          roundToHalf(parameters);
          sayNotices([HALF_NOTICE], options);
        }
        const runtime = await createOrtRuntime({
          device,
          ...(options.threads === undefined ? {} : { threads: options.threads }),
        });
        return new PreTrainedModel({
          name: opened.name,
          config: completeConfig(opened.configJson, opened.config.labels),
          bertConfig: opened.config,
          heads,
          parameters,
          runtime,
          dtype,
        });
      } finally {
        await opened.close();
      }
    },
  };
}

/** The encoder: `last_hidden_state`, and `pooler_output` where the weights have a pooler. */
export const AutoModel: AutoModelClass = autoModel((present) => (present.has("pooler") ? ["pooler"] : []));
/** Both pretraining heads: `prediction_logits`, `seq_relationship_logits`. */
export const AutoModelForPreTraining: AutoModelClass = autoModel(() => PRETRAINING_HEADS);
/** `logits` [B, S, V]. */
export const AutoModelForMaskedLM: AutoModelClass = autoModel(() => ["masked-lm"]);
/** `logits` [B, 2]; class 0 = the next sentence. */
export const AutoModelForNextSentencePrediction: AutoModelClass = autoModel(() => [
  "pooler",
  "next-sentence",
]);
/** `logits` [B, labels]. */
export const AutoModelForSequenceClassification: AutoModelClass = autoModel(() => [
  "pooler",
  "sequence-classification",
]);
/** `logits` [B, S, labels]. */
export const AutoModelForTokenClassification: AutoModelClass = autoModel(() => ["token-classification"]);

function invalid(what: string): ClinicalBertError {
  return new ClinicalBertError("PIPELINE_INPUT", `The model cannot run: ${what}.`);
}
