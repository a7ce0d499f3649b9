/** @file The part of the library that runs in a browser: nothing here reaches a `node:` module or a native package. */
export * from "./bert/index.js";
export { forgetModels, type WebModelOptions } from "./checkpoint/web/model-files.js";
export { openWebModel, openWebTokenizer } from "./checkpoint/web/open-web-model.js";
export { ERROR_CATALOGUE } from "./error-catalogue.js";
export { ClinicalBertError, type ErrorCode, type ErrorDetails } from "./errors.js";
export * from "./graph/index.js";
export * from "./notes/index.js";
export * from "./pipelines/web/index.js";
export { createOrtWebRuntime, hasWebGpu, type OrtWebOptions, type WebDevice } from "./runtime/ort-web.js";
export * from "./sections/index.js";
export * from "./sentences/index.js";
export type { NoteTagger } from "./tasks/note-tagger.js";
export { openNoteTagger } from "./tasks/web/open-note-tagger.js";
export * from "./tokens/index.js";
