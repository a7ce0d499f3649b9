/** @file The flags of every command that loads a model, and what they become. */
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { ClinicalBertError } from "../errors.js";
import type { PretrainedModelOptions } from "../pipelines/index.js";
import type { Device } from "../runtime/index.js";
import type { CliContext } from "./context.js";
import type { JsonObject } from "./json-lines.js";
import { wholeNumber } from "./options.js";

export interface ModelFlags {
  readonly model: string;
  readonly dtype: "fp32" | "fp16" | "q8";
  readonly device: Device;
  readonly threads: number;
  readonly revision?: string;
  readonly offline?: boolean;
}

/** Lines whose texts are sorted by length and run together. */
export const LINES_AT_ONCE = 256;

export function addModelFlags(command: Command): Command {
  return command
    .requiredOption("--model <source>", "a folder, weights file, TensorFlow prefix, .tar.gz or hub id")
    .option("--dtype <type>", "fp32, fp16 or q8", "fp32")
    .option("--device <name>", "cpu, cuda or webgpu", "cpu")
    .option("--threads <n>", "threads of the arithmetic", wholeNumber(1), availableParallelism())
    .option("--revision <name>", "branch, tag or commit of a hub id")
    .option("--offline", "open no connection: hub ids come from the cache");
}

/** Notices go to stderr: they are about the model, never about a note. */
export function modelOptions(flags: ModelFlags, context: CliContext): PretrainedModelOptions {
  return {
    dtype: flags.dtype,
    device: flags.device,
    threads: flags.threads,
    ...(flags.revision === undefined ? {} : { revision: flags.revision }),
    ...(flags.offline === true ? { local_files_only: true } : {}),
    on_notice: (notice) => context.stderr.write(`clinicalbert: ${notice}\n`),
  };
}

/** The text under `key` of an input line. */
export function textOf(record: JsonObject, key = "text"): string {
  const text = record[key];
  if (typeof text !== "string")
    throw new ClinicalBertError("USAGE", `The line has no text under "${key}".`, {
      remedy: `Give one JSON object a line, with a string "${key}".`,
    });
  return text;
}
