export type { TensorInfo, Weights } from "./weights.js";
