/** @file Options of `from_pretrained` that are the same on Node and in a browser, and their checks. */
import { ClinicalBertError } from "../errors.js";

export type ModelDtype = "fp32" | "fp16" | "q8";
const DTYPES: readonly ModelDtype[] = ["fp32", "fp16", "q8"];

export interface ProgressInfo {
  readonly status: "progress";
  readonly file: string;
  readonly loaded: number;
  readonly total: number | null;
}

/** What every `from_pretrained` takes. */
export interface CommonOptions {
  readonly progress_callback?: ((info: ProgressInfo) => void) | null;
  /** Case of the tokenizer, whatever the files say of it: true lower-cases. */
  readonly do_lower_case?: boolean;
  /** Told what a user should know of a loaded model; `console.warn` by default. */
  readonly on_notice?: (notice: string) => void;
}

export function sayNotices(notices: readonly string[], { on_notice }: CommonOptions): void {
  for (const notice of notices) (on_notice ?? console.warn)(notice);
}

export function requireDtype(dtype: ModelDtype | null | undefined): ModelDtype {
  const wanted = dtype ?? "fp32";
  if (!DTYPES.includes(wanted)) throw unknownOption("dtype", wanted, DTYPES);
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
