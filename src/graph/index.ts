export { arrayOf, bytesPerElement, type DType, type TensorData } from "./dtype.js";
export { sizeOf, Tensor } from "./tensor.js";
