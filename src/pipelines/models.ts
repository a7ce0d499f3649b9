/** @file `AutoModel…` on Node: folders, files, archives and hub ids, run by onnxruntime-node. */
import { openModel } from "../checkpoint/index.js";
import { createOrtRuntime } from "../runtime/ort-node.js";
import { type AutoModels, createAutoModels, type LoadModel } from "./auto-models.js";
import { HALF_NOTICE, roundToHalf } from "./half-weights.js";
import { hubOptions, type PretrainedModelOptions, requireDevice } from "./options.js";
import { completeConfig } from "./pretrained-config.js";
import { PreTrainedModel } from "./pretrained-model.js";
import { requireDtype, sayNotices } from "./shared-options.js";

const load: LoadModel<PretrainedModelOptions> = async (source, headsOf, options) => {
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
};

const models: AutoModels<PretrainedModelOptions> = createAutoModels(load, {});
export const {
  AutoModelWithAllHeads,
  AutoModel,
  AutoModelForPreTraining,
  AutoModelForMaskedLM,
  AutoModelForNextSentencePrediction,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
} = models;
