/** @file `predict --task deid`: PHI of notes and copies without it, with the measured recall of the model on stderr. */
import { createHash, randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { ClinicalBertError } from "../errors.js";
import { patientOf } from "../notes/columns.js";
import {
  type DeidModel,
  deidentify,
  type Entity,
  NO_DETERMINATION,
  type NoteToDeidentify,
  openDeidModel,
  type Replacement,
  recallLines,
  Surrogates,
} from "../tasks/index.js";
import { fileError } from "../util/file-error.js";
import { type AnnotationFlags, annotateLines } from "./annotation-flags.js";
import { batchCalls } from "./batch-calls.js";
import type { CliContext } from "./context.js";
import { filterJsonLines, type JsonObject } from "./json-lines.js";
import { type ModelFlags, modelOptions, textOf } from "./model-flags.js";
import { spanConverter } from "./offset-units.js";

export interface DeidFlags extends ModelFlags, AnnotationFlags {
  readonly replace?: Replacement;
  readonly threshold?: number;
  readonly key?: string;
  readonly stride?: number;
}

/** Whole notes are long; more at once would only hold more of them in memory. */
const NOTES_AT_ONCE = 16;
const KEY_BYTES = 32;

/** One line a note: `entities`, the copy as `text` where one was asked for, and the notice. A note that fails has neither. */
export async function deidentifyNotes(
  context: CliContext,
  files: readonly string[],
  flags: DeidFlags,
): Promise<void> {
  if (flags.key !== undefined && flags.replace !== "surrogate")
    throw new ClinicalBertError("USAGE", "--key is for surrogates.", { remedy: "Give --replace surrogate." });
  const { format } = flags;
  if (format !== undefined && flags.replace !== undefined)
    throw new ClinicalBertError(
      "USAGE",
      `--format ${format} writes the notes as they are, with their PHI marked.`,
      {
        remedy: "Leave --replace or --format out.",
      },
    );
  const key = await readKey(flags.key);
  const model = await openDeidModel(flags.model, modelOptions(flags, context));
  try {
    sayRecall(context, model, flags.threshold);
    const { replace, threshold, stride } = flags;
    const surrogates = new Surrogates(key);
    const run = batchCalls((notes: readonly NoteToDeidentify[]) =>
      deidentify(model, notes, {
        ...(replace === undefined ? {} : { replace }),
        ...(threshold === undefined ? {} : { threshold }),
        ...(stride === undefined ? {} : { stride }),
        surrogates,
        signal: context.signal,
      }),
    );
    if (format !== undefined) {
      const find = async (text: string): Promise<Entity[]> =>
        (await run({ id: "", text })).entities.map(({ label, category, span }) => ({
          label,
          category,
          spans: [span],
        }));
      await annotateLines(context, files, { ...flags, format }, find, NOTES_AT_ONCE);
      return;
    }
    let unnamed = 0;
    let withoutPatient = 0;
    const answer = async (record: JsonObject): Promise<JsonObject> => {
      const text = textOf(record);
      const patientId = patientOf(record);
      if (patientId === null) withoutPatient++;
      // Notes without an id must not share surrogates.
      const id =
        record["id"] === undefined || record["id"] === null ? `\0${++unnamed}` : String(record["id"]);
      const {
        entities,
        text: copy,
        notice,
      } = await run({
        id,
        text,
        ...(patientId === null ? {} : { patientId }),
      });
      const convert = spanConverter(text, flags.offsets);
      return {
        entities: entities.map(({ span, ...entity }) => ({ ...entity, span: convert(span) })),
        ...(copy === undefined ? {} : { text: copy }),
        notice,
      };
    };
    await filterJsonLines(context, files, answer, NOTES_AT_ONCE);
    if (replace === "surrogate" && withoutPatient > 0)
      context.stderr.write(
        `clinicalbert: ${withoutPatient} notes say no patient: each has surrogates and a date offset of its own.\n`,
      );
  } finally {
    await model.dispose();
  }
}

/** What a reader must know before the output, on stderr. */
function sayRecall(context: CliContext, { recall, folder }: DeidModel, threshold: number | undefined): void {
  const say = (line: string): void => void context.stderr.write(`clinicalbert: ${line}\n`);
  if (recall === null)
    say(
      `the recall of this model has not been measured; run: clinicalbert evaluate deid --model ${basename(folder)} --gold …`,
    );
  else for (const line of recallLines(recall)) say(line);
  if (recall !== null && threshold !== undefined && threshold !== recall.threshold)
    say(`it was measured at threshold ${recall.threshold}, not ${threshold}.`);
  say(NO_DETERMINATION);
}

/** The key of a file, which is made where there is none; without a file one that is forgotten at the end. */
async function readKey(path: string | undefined): Promise<Uint8Array> {
  if (path === undefined) return randomBytes(KEY_BYTES);
  const known = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw new ClinicalBertError("FILE_ACCESS", `${path} cannot be read.`, { details: { path } });
  });
  if (known !== null && known.length < KEY_BYTES)
    throw new ClinicalBertError("USAGE", `${path} has ${known.length} bytes; a key needs ${KEY_BYTES}.`, {
      remedy: "Name a file that does not exist yet: a key is made in it.",
    });
  if (known !== null) return createHash("sha256").update(known).digest();
  await makeKey(path);
  return readKey(path);
}

/** Never over a key that another process has made meanwhile: processes that share the notes of a patient must share the key. */
async function makeKey(path: string): Promise<void> {
  try {
    await writeFile(path, randomBytes(KEY_BYTES), { flag: "wx", mode: 0o600, flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    await rm(path, { force: true });
    throw fileError(error, path);
  }
}
