export { asFloat32 } from "./float32.js";
export type { HubOptions } from "./hub/settings.js";
export {
  canonicalTensors,
  headsAmong,
  type MappedTensor,
  mapNames,
  type NameMap,
} from "./names/canonical.js";
export { toGoogle } from "./names/google-names.js";
export type { OpenModel } from "./assemble-model.js";
export { openModel, readConfigJson } from "./open-model.js";
export { openWeights, weightsInFolder } from "./open-weights.js";
export { writePytorch } from "./pytorch/writer.js";
export { type ResolvedModel, resolveModel } from "./resolve-model.js";
export { openSafetensors } from "./safetensors/open-file.js";
export { planSafetensors, type SafetensorsPlan, writeSafetensors } from "./safetensors/writer.js";
export { writeTensorflow } from "./tensorflow/writer.js";
export type { TensorInfo, TensorSource, Weights, WeightsFormat } from "./weights.js";
export { type FloatingType, withDtype } from "./with-dtype.js";
