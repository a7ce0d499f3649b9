/** @file The frame of the JSON-line filters: one object a line in, one object a line out, order kept, bounded memory. */
import { createReadStream } from "node:fs";
import { ClinicalBertError, type ErrorCode } from "../errors.js";
import { fileError } from "../util/file-error.js";
import { readLines } from "../util/lines.js";
import type { CliContext } from "./context.js";
import { openOutput } from "./output.js";

export type JsonObject = Record<string, unknown>;

const FLUSH_AT = 1 << 16;
/** UTF-16 units of lines that are handled together at most, and one line more. */
const MOST_UNITS_AT_ONCE = 1 << 19;

/**
 * Feeds each line of `files` (standard input when empty, or where one is `-`) to `handle` and writes what it returns, with the line's `id`
 * first when it has one. A line that is not a JSON object, or that `handle` refuses with a `ClinicalBertError`, becomes
 * `{"id","line"?,"error":{"code","message"}}` and makes the exit code 1; the lines after it are still done. Up to `atOnce` lines
 * are handled together (see `batchCalls`), fewer when they are long; 1 answers each line before the next is read. With `take`,
 * that gets the answers in order instead of standard output, and refused lines are named on standard error.
 */
export async function filterJsonLines(
  context: CliContext,
  files: readonly string[],
  handle: (record: JsonObject) => JsonObject | Promise<JsonObject>,
  atOnce = 1,
  take: ((answer: JsonObject) => Promise<void>) | null = null,
): Promise<void> {
  const output = await openOutput(context, "-");
  let pending = "";
  const flush = async (): Promise<void> => {
    const chunk = pending;
    pending = "";
    if (chunk !== "") await output.write(chunk);
  };
  const waiting: Promise<JsonObject>[] = [];
  let units = 0;
  const answerAll = async (): Promise<void> => {
    for (const answer of await Promise.all(waiting))
      if (take === null) pending += `${JSON.stringify(answer)}\n`;
      else if ("error" in answer) sayError(context, answer);
      else await take(answer);
    waiting.length = units = 0;
  };
  for await (const { text, number } of inputLines(context, files)) {
    context.signal.throwIfAborted();
    waiting.push(answerLine(context, text, number, handle));
    units += text?.length ?? 0;
    if (waiting.length >= atOnce || units >= MOST_UNITS_AT_ONCE) await answerAll();
    if (pending.length >= FLUSH_AT) await flush();
  }
  await answerAll();
  await flush();
}

async function answerLine(
  context: CliContext,
  text: string | null,
  number: number,
  handle: (record: JsonObject) => JsonObject | Promise<JsonObject>,
): Promise<JsonObject> {
  const record = parseObject(number === 1 ? withoutMark(text) : text);
  if (record === null) {
    context.exitCode = 1;
    const message = `Line ${number} is ${text === null ? "not valid UTF-8" : "not a JSON object"}.`;
    return { id: null, line: number, error: { code: "USAGE" satisfies ErrorCode, message } };
  }
  const id = "id" in record ? { id: record["id"] } : {};
  try {
    return { ...id, ...(await handle(record)) };
  } catch (error) {
    if (!(error instanceof ClinicalBertError)) throw error;
    context.exitCode = 1;
    return { ...id, error: { code: error.code, message: error.message } };
  }
}

function sayError(context: CliContext, { id, line, error }: JsonObject): void {
  const { code, message } = error as { readonly code: string; readonly message: string };
  const place = typeof id === "string" || typeof id === "number" ? `note ${id}: ` : "";
  context.stderr.write(`clinicalbert: ${line === undefined ? place : ""}${message} [${code}]\n`);
}

/** A byte order mark, which editors of other systems put before the first line, is no part of the JSON. */
function withoutMark(text: string | null): string | null {
  return text?.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function parseObject(text: string | null): JsonObject | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : null;
  } catch {
    return null;
  }
}

async function* inputLines(
  context: CliContext,
  files: readonly string[],
): AsyncGenerator<{ text: string | null; number: number }> {
  for (const file of files.length === 0 ? ["-"] : files) {
    if (file === "-") yield* readLines(context.stdin as AsyncIterable<Uint8Array>);
    else yield* readFile(file);
  }
}

async function* readFile(file: string): AsyncGenerator<{ text: string | null; number: number }> {
  try {
    yield* readLines(createReadStream(file, { highWaterMark: 1 << 18 }));
  } catch (error) {
    throw fileError(error, file);
  }
}
