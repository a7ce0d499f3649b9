export { createOrtRuntime, DEVICES, type Device, type OrtNodeOptions } from "./ort-node.js";
export { createReferenceRuntime } from "./reference/reference.js";
export {
  type CompileOptions,
  type Executable,
  liveExecutables,
  type Runtime,
  type TensorMap,
} from "./runtime.js";
