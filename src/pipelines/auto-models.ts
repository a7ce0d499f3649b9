/** @file The `AutoModel…` classes: which heads each of them loads. Where files come from and what runs them is a parameter. */
import { type BertHead, PRETRAINING_HEADS } from "../bert/index.js";
import type { PreTrainedModel } from "./pretrained-model.js";

/** What `AutoModel…` classes share. */
export interface AutoModelClass<O> {
  /**
   * Loads a folder, weights file, TensorFlow prefix, .tar.gz or hub id. Throws `HEAD_MISSING` for a head that the weights
   * do not have (never random numbers), `MODEL_INCOMPLETE`, `HUB_…`, `CHECKPOINT_…`, `RUNTIME_DEVICE`.
   */
  from_pretrained(source: string, options?: O): Promise<PreTrainedModel>;
}

/** Loads the model at `source` with the heads that `headsOf` chooses among those of its weights. */
export type LoadModel<O> = (
  source: string,
  headsOf: (present: ReadonlySet<BertHead>) => readonly BertHead[],
  options: O,
) => Promise<PreTrainedModel>;

export interface AutoModels<O> {
  /** Every head in the weights, for `withHeads`; not to be run itself. */
  readonly AutoModelWithAllHeads: AutoModelClass<O>;
  /** The encoder: `last_hidden_state`, and `pooler_output` where the weights have a pooler. */
  readonly AutoModel: AutoModelClass<O>;
  /** Both pretraining heads: `prediction_logits`, `seq_relationship_logits`. */
  readonly AutoModelForPreTraining: AutoModelClass<O>;
  /** `logits` [B, S, V]. */
  readonly AutoModelForMaskedLM: AutoModelClass<O>;
  /** `logits` [B, 2]; class 0 = the next sentence. */
  readonly AutoModelForNextSentencePrediction: AutoModelClass<O>;
  /** `logits` [B, labels]. */
  readonly AutoModelForSequenceClassification: AutoModelClass<O>;
  /** `logits` [B, S, labels]. */
  readonly AutoModelForTokenClassification: AutoModelClass<O>;
}

/** The six classes over one way of loading. */
export function createAutoModels<O>(load: LoadModel<O>, defaults: O): AutoModels<O> {
  const autoModel = (headsOf: Parameters<LoadModel<O>>[1]): AutoModelClass<O> => ({
    from_pretrained: (source, options = defaults) => load(source, headsOf, options),
  });
  return {
    AutoModelWithAllHeads: autoModel((present) => [...present]),
    AutoModel: autoModel((present) => (present.has("pooler") ? ["pooler"] : [])),
    AutoModelForPreTraining: autoModel(() => PRETRAINING_HEADS),
    AutoModelForMaskedLM: autoModel(() => ["masked-lm"]),
    AutoModelForNextSentencePrediction: autoModel(() => ["pooler", "next-sentence"]),
    AutoModelForSequenceClassification: autoModel(() => ["pooler", "sequence-classification"]),
    AutoModelForTokenClassification: autoModel(() => ["token-classification"]),
  };
}
