export { GraphBuilder } from "./builder.js";
export { accumulate, differentiate, gradientName } from "./differentiate.js";
export { type Dim, productOf, resolveDim, symbolsOf } from "./dim.js";
export { arrayOf, bytesPerElement, type DType, type TensorData } from "./dtype.js";
export { OPS } from "./ops/table.js";
export { printGraph } from "./printer.js";
export { sizeOf, Tensor } from "./tensor.js";
export type { Graph, Node, NodeOf, OpAttributes, OpKind, Value } from "./value.js";
