/** @file Parses the command line, runs one command, and turns its outcome into an exit code. */
import { Command, CommanderError } from "commander";
import { ClinicalBertError, internalError } from "../errors.js";
import { stackFrames } from "../util/wire-error.js";
import { COMMANDS } from "./commands.js";
import type { CliContext } from "./context.js";
import { packageVersion } from "../util/package-version.js";

export const EXIT = { success: 0, failure: 1, usage: 2, SIGINT: 130, SIGTERM: 143 } as const;

type StopSignal = "SIGINT" | "SIGTERM";

/** Runs `clinicalbert ARGV` and returns the exit code; prints only to the streams of the process. */
export async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  let stoppedBy: StopSignal | null = null;
  const onSignal = (name: StopSignal): void => {
    if (stoppedBy !== null) {
      // By the signal itself, which shells call 130 and 143: process.exit() stops threads, and onnxruntime aborts when it is stopped in a run.
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
      process.kill(process.pid, stoppedBy);
      return;
    }
    stoppedBy = name;
    const reason = new ClinicalBertError("ABORTED", `Stopped by ${name}.`);
    stop.abort(reason);
    // A command that waits for a line from a terminal would otherwise never hear of it.
    process.stdin.on("error", () => undefined);
    process.stdin.destroy(reason);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  exitQuietlyOnClosedPipe();
  reportStrayErrors(argv);

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
      // Whatever broke off, it was the signal; only an error that we know how to name says more.
      reportError(error instanceof ClinicalBertError ? error : stop.signal.reason, argv);
      return EXIT[stoppedBy];
    }
    if (error instanceof CommanderError) return finishParsing(error, argv);
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
  if (wantsJson(argv)) program.configureOutput({ writeErr() {} });
  const named = argv.find((word) => !word.startsWith("-")) ?? "";
  const wanted = named === "help" ? (argv[argv.indexOf("help") + 1] ?? "") : named;
  for (const [name, entry] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(entry.summary).exitOverride();
    command.showHelpAfterError(`(clinicalbert ${name} --help shows the options)`);
    if (name === wanted) (await entry.load()).command.configure(command, context);
  }
  return program;
}

/** Help and version end well; everything else that commander stops at is a mistake in the command line. */
function finishParsing(error: CommanderError, argv: readonly string[]): number {
  if (error.exitCode === 0) return EXIT.success;
  if (wantsJson(argv)) {
    const message = error.message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
    reportError(new ClinicalBertError("USAGE", `${message}.`), argv);
  }
  return EXIT.usage;
}

function wantsJson(argv: readonly string[]): boolean {
  return argv.includes("--json");
}

/** One line for a person, one JSON object for a machine; stack frames only for our own bugs. */
function reportError(error: unknown, argv: readonly string[]): void {
  if (wantsJson(argv)) {
    const known = error instanceof ClinicalBertError ? error : internalError(describeForeignError(error));
    process.stderr.write(`${JSON.stringify({ error: known.toJSON() })}\n`);
    return;
  }
  const text =
    error instanceof ClinicalBertError ? error.message : `internal: ${describeForeignError(error)}`;
  const code = error instanceof ClinicalBertError ? error.code : "INTERNAL";
  process.stderr.write(`clinicalbert: ${text} [${code}]\n`);
}

/** The message of a foreign error may quote what it was working on, so only its class and stack frames are shown. */
function describeForeignError(error: unknown): string {
  if (!(error instanceof Error)) return "a value that is no Error was thrown.";
  return `${error.name} (please report it)\n${stackFrames(error)}`;
}

/** `clinicalbert … | head` ends without an error, as other filters do. */
function exitQuietlyOnClosedPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT.success);
    process.exit(EXIT.failure);
  });
}

/** Node itself would print the message of an error that nobody caught, and a message may quote a note. */
function reportStrayErrors(argv: readonly string[]): void {
  process.on("uncaughtException", (error) => {
    reportError(error, argv);
    process.exit(EXIT.failure);
  });
}
