/** @file Options of `from_pretrained` and `pipeline`, named as in @huggingface/transformers, and what they mean here. */
import type { HubOptions } from "../checkpoint/index.js";
import { ClinicalBertError } from "../errors.js";
import { DEVICES, type Device } from "../runtime/index.js";

export type ModelDtype = "fp32" | "fp16" | "q8";
const DTYPES: readonly ModelDtype[] = ["fp32", "fp16", "q8"];

export interface ProgressInfo {
  readonly status: "progress";
  readonly file: string;
  readonly loaded: number;
  readonly total: number | null;
}

export interface PretrainedOptions {
  readonly progress_callback?: ((info: ProgressInfo) => void) | null;
  readonly cache_dir?: string | null;
  readonly local_files_only?: boolean;
  readonly revision?: string;
  readonly token?: string;
  /** Case of the tokenizer, whatever the files say of it: true lower-cases. */
  readonly do_lower_case?: boolean;
  /** Told what a user should know of a loaded model; `console.warn` by default. */
  readonly on_notice?: (notice: string) => void;
}

export interface PretrainedModelOptions extends PretrainedOptions {
  /**
   * `fp32` by default; `fp16` rounds weight matrices to half precision while loading (arithmetic stays in float32 on every device);
   * `q8` quantizes the weights of linear layers.
   */
  readonly dtype?: ModelDtype | null;
  readonly device?: Device | "auto" | null;
  /** Threads of one op; all cores by default. */
  readonly threads?: number;
}

export function hubOptions({
  progress_callback,
  cache_dir,
  local_files_only,
  revision,
  token,
}: PretrainedOptions): HubOptions {
  return {
    ...(typeof cache_dir === "string" ? { cacheDir: cache_dir } : {}),
    ...(local_files_only === true ? { offline: true } : {}),
    ...(revision === undefined ? {} : { revision }),
    ...(token === undefined ? {} : { token }),
    ...(typeof progress_callback === "function"
      ? {
          onProgress: (file, loaded, total) => progress_callback({ status: "progress", file, loaded, total }),
        }
      : {}),
  };
}

export function sayNotices(notices: readonly string[], { on_notice }: PretrainedOptions): void {
  for (const notice of notices) (on_notice ?? console.warn)(notice);
}

export function requireDtype(dtype: PretrainedModelOptions["dtype"]): ModelDtype {
  const wanted = dtype ?? "fp32";
  if (!DTYPES.includes(wanted)) throw unknownOption("dtype", wanted, DTYPES);
  return wanted;
}

export function requireDevice(device: PretrainedModelOptions["device"]): Device {
  const wanted = device === undefined || device === null || device === "auto" ? "cpu" : device;
  if (!DEVICES.includes(wanted)) throw unknownOption("device", wanted, [...DEVICES, "auto"]);
  return wanted;
}

/** The error for a value that an option cannot have. */
export function unknownOption(option: string, value: unknown, allowed: readonly string[]): ClinicalBertError {
  return new ClinicalBertError(
    "PIPELINE_OPTION",
    `${option} is ${JSON.stringify(value)}; it must be one of ${allowed.join(", ")}.`,
    { details: { option, allowed } },
  );
}
