export { openWeights, weightsInFolder } from "./open-weights.js";
export { openSafetensors } from "./safetensors/reader.js";
export { writeSafetensors } from "./safetensors/writer.js";
export type { TensorInfo, TensorSource, Weights, WeightsFormat } from "./weights.js";
