/** @file `AutoModel…` on Node: folders, files, archives and hub ids, run by onnxruntime-node. */
import { openModel } from "../checkpoint/index.js";
import { createOrtRuntime } from "../runtime/ort-node.js";
import { type AutoModels, createAutoModels, type LoadModel } from "./auto-models.js";
import { loadModel } from "./load-model.js";
import { hubOptions, type PretrainedModelOptions, requireDevice } from "./options.js";
import { requireDtype } from "./shared-options.js";

const load: LoadModel<PretrainedModelOptions> = async (source, headsOf, options) => {
  const dtype = requireDtype(options.dtype);
  const device = requireDevice(options.device);
  const opened = await openModel(source, hubOptions(options));
  try {
    const runtime = await createOrtRuntime({
      device,
      ...(options.threads === undefined ? {} : { threads: options.threads }),
    });
    return await loadModel(opened, headsOf(opened.heads), runtime, dtype, options);
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
