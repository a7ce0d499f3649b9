export { type LowerOptions, lowerGraph } from "./lower.js";
export { OPSET } from "./proto.js";
