/** @file What a command gets from its process: streams, a stop signal, and whether output is for machines. */
import type { Command } from "commander";

export interface CliContext {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborts at the first SIGINT or SIGTERM; a second one ends the process at once, by that signal. */
  readonly signal: AbortSignal;
  /** Exit code to end with although nothing was thrown (for example: some lines were refused). */
  exitCode: 0 | 1;
}

/** One file in `commands/` exports one of these as `command`. */
export interface CliCommand {
  /** Adds arguments, options, examples and the action to a commander command made by the frame. */
  configure(command: Command, context: CliContext): void;
}

/** Adds an "Examples" paragraph to the help; every command has at least one. */
export function addExamples(command: Command, ...examples: readonly string[]): void {
  command.addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ ${example}`).join("\n")}\n`);
}
