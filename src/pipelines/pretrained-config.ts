/** @file The configuration of a model as its file has it, with the keys that pipelines read. */

/** `config.json` with the keys that pipelines read; everything else as it is in the file. */
export interface PretrainedConfig {
  readonly model_type: string;
  readonly id2label: Readonly<Record<number, string>>;
  readonly label2id: Readonly<Record<string, number>>;
  readonly max_position_embeddings: number;
  readonly problem_type?: string;
  readonly [key: string]: unknown;
}

/** With transformers' defaults for what old files leave out. */
export function completeConfig(
  json: Readonly<Record<string, unknown>>,
  labels: readonly string[] = [],
): PretrainedConfig {
  const id2label = (json["id2label"] ?? { ...labels }) as Record<number, string>;
  const label2id = Object.fromEntries(Object.entries(id2label).map(([id, label]) => [label, Number(id)]));
  return { model_type: "bert", max_position_embeddings: 512, ...json, id2label, label2id };
}
