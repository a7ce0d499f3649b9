/** @file Parses the command line, runs one command, and turns its outcome into an exit code. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { ClinicalBertError } from "../errors.js";
import { COMMANDS } from "./commands.js";
import type { CliContext } from "./context.js";

export const EXIT = { success: 0, failure: 1, usage: 2, SIGINT: 130, SIGTERM: 143 } as const;

/** Runs `clinicalbert ARGV` and returns the exit code; prints only to the streams of the process. */
export async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  let stoppedBy: "SIGINT" | "SIGTERM" | null = null;
  const onSignal = (name: "SIGINT" | "SIGTERM"): void => {
    if (stoppedBy !== null) process.exit(EXIT[stoppedBy]);
    stoppedBy = name;
    stop.abort(new ClinicalBertError("ABORTED", `Stopped by ${name}.`));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  exitQuietlyOnClosedPipe();

  const context: CliContext = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: stop.signal,
    exitCode: 0,
  };
  try {
    const program = await buildProgram(argv, context);
    await program.parseAsync([...argv], { from: "user" });
    return stoppedBy === null ? context.exitCode : EXIT[stoppedBy];
  } catch (error) {
    if (stoppedBy !== null) {
      reportError(error, argv);
      return EXIT[stoppedBy];
    }
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.success : EXIT.usage;
    reportError(error, argv);
    return error instanceof ClinicalBertError && error.code === "USAGE" ? EXIT.usage : EXIT.failure;
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}

/** Only the named command's module is loaded; the others lend their names and summaries to the help. */
async function buildProgram(argv: readonly string[], context: CliContext): Promise<Command> {
  const program = new Command("clinicalbert")
    .description("From raw clinical notes to a pretrained, fine-tuned, evaluated and served clinical BERT.")
    .version(packageVersion(), "--version", "print the version")
    .showHelpAfterError("(clinicalbert --help lists the commands)")
    .exitOverride();
  const named = argv.find((word) => !word.startsWith("-")) ?? "";
  const wanted = named === "help" ? (argv[argv.indexOf("help") + 1] ?? "") : named;
  for (const [name, entry] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(entry.summary).exitOverride();
    command.showHelpAfterError(`(clinicalbert ${name} --help shows the options)`);
    if (name === wanted) (await entry.load()).command.configure(command, context);
  }
  return program;
}

function packageVersion(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** One line for a person, one JSON object for a machine; a stack only for our own bugs. */
function reportError(error: unknown, argv: readonly string[]): void {
  const known = error instanceof ClinicalBertError;
  if (argv.includes("--json") && known) {
    process.stderr.write(`${JSON.stringify({ error: error.toJSON() })}\n`);
    return;
  }
  if (known) process.stderr.write(`clinicalbert: ${error.message} [${error.code}]\n`);
  // The message of a foreign error may quote what it was working on, so only its class and stack frames are shown.
  else process.stderr.write(`clinicalbert: internal: ${describeForeignError(error)} [INTERNAL]\n`);
}

function describeForeignError(error: unknown): string {
  if (!(error instanceof Error)) return "a value that is no Error was thrown.";
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return `${error.name} (please report it)\n${frames.join("\n")}`;
}

/** `clinicalbert … | head` ends without an error, as other filters do. */
function exitQuietlyOnClosedPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT.success);
  });
}
