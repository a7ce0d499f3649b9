/** @file The part of the library that runs in a browser: nothing here reaches a `node:` module or a native package. */
export { ClinicalBertError, ERROR_CATALOGUE, type ErrorCode, type ErrorDetails } from "./errors.js";
export * from "./graph/index.js";
export * from "./notes/index.js";
export * from "./sections/index.js";
export * from "./sentences/index.js";
export * from "./tokens/index.js";
