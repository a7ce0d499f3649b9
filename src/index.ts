/** @file The public library: everything an application imports from "clinicalbert". */

export * from "./checkpoint/index.js";
export * from "./corpus/index.js";
export { ERROR_CATALOGUE } from "./error-catalogue.js";
export {
  ClinicalBertError,
  type ClinicalBertErrorOptions,
  type ErrorCode,
  type ErrorDetails,
} from "./errors.js";
export * from "./graph/index.js";
export * from "./instances/index.js";
export * from "./notes/index.js";
export * from "./notes/sources.js";
export * from "./pipelines/index.js";
export * from "./sections/index.js";
export * from "./sentences/index.js";
export * from "./tokens/index.js";
export { openTokenizerDirectory, writeTokenizerDirectory } from "./tokens/tokenizer-directory.js";
