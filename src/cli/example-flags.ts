/** @file The flags of every command that reads labelled examples. */
import type { Command } from "commander";
import { TEXT_ENCODINGS } from "../notes/text-encoding.js";
import { EXAMPLE_FORMATS } from "../tasks/index.js";
import { oneOf } from "./options.js";

/** `what` are the examples whose entities `--merge-labels` makes one class. */
export function addExampleFlags(command: Command, what: string): Command {
  return command
    .option(
      "--format <name>",
      `format of the examples: ${EXAMPLE_FORMATS.join(", ")}`,
      oneOf(EXAMPLE_FORMATS),
    )
    .option(
      "--encoding <name>",
      `of the examples: ${TEXT_ENCODINGS.join(", ")}`,
      oneOf(TEXT_ENCODINGS),
      "utf-8",
    )
    .option("--merge-labels <name>", `make all entities${what} one class of this name`);
}
