/** @file From an opened model to one that runs: what loading is on Node and in a browser alike. */
import type { BertHead } from "../bert/index.js";
import type { OpenModel } from "../checkpoint/assemble-model.js";
import type { Runtime } from "../runtime/runtime.js";
import { HALF_NOTICE, roundToHalf } from "./half-weights.js";
import { completeConfig } from "./pretrained-config.js";
import { PreTrainedModel } from "./pretrained-model.js";
import { type CommonOptions, type ModelDtype, sayNotices } from "./shared-options.js";

/** Reads the parameters of `heads`, and tells the notices. Throws what `readParameters` throws. */
export async function loadModel(
  opened: OpenModel,
  heads: readonly BertHead[],
  runtime: Runtime,
  dtype: ModelDtype,
  options: CommonOptions,
): Promise<PreTrainedModel> {
  sayNotices(opened.notices, options);
  const parameters = await opened.readParameters(heads);
  if (dtype === "fp16") {
    roundToHalf(parameters);
    sayNotices([HALF_NOTICE], options);
  }
  return new PreTrainedModel({
    name: opened.name,
    config: completeConfig(opened.configJson, opened.config.labels),
    bertConfig: opened.config,
    heads,
    parameters,
    runtime,
    dtype,
  });
}
