/** @file The flags by which `predict` writes its entities in a format of annotations, and the run that does so. */
import type { Command } from "commander";
import { ClinicalBertError } from "../errors.js";
import {
  type Entity,
  type EntityExample,
  type FormattedExamples,
  formatExamples,
  type ReadingProblem,
  TAG_SCHEMES,
  type TagScheme,
  WRITTEN_FORMATS,
  type WrittenFormat,
} from "../tasks/index.js";
import { countReasons, openAnnotations, requireFolder } from "./annotation-output.js";
import type { CliContext } from "./context.js";
import { filterJsonLines, type JsonObject } from "./json-lines.js";
import { textOf } from "./model-flags.js";
import type { OffsetUnit } from "./offset-units.js";
import { oneOf } from "./options.js";

export interface AnnotationFlags {
  readonly format?: WrittenFormat;
  readonly out: string;
  readonly scheme: TagScheme;
  readonly offsets: OffsetUnit;
}

export function addAnnotationFlags(command: Command): Command {
  return command
    .option(
      "--format <name>",
      `write texts with their entities as ${WRITTEN_FORMATS.join(", ")} (default: JSON lines with id, entities and scores)`,
      oneOf(WRITTEN_FORMATS),
    )
    .option(
      "--out <path>",
      "with --format: file, - for standard output; a folder for brat, con, i2b2-xml",
      "-",
    )
    .option("--scheme <name>", `with --format conll: ${TAG_SCHEMES.join(", ")}`, oneOf(TAG_SCHEMES), "iob2");
}

/** Throws `USAGE` for flags that do not go together. */
export function checkAnnotationFlags({ format, out }: AnnotationFlags): void {
  if (format !== undefined) requireFolder("--format", format, out);
  else if (out !== "-")
    throw new ClinicalBertError(
      "USAGE",
      "--out needs a --format; without one the lines go to standard output.",
    );
}

/**
 * Writes the entities that `find` gives for the text of each line, in the order of the lines, in the format of the flags. A line that
 * is refused has no file, is named on standard error, and makes the exit code 1.
 */
export async function annotateLines(
  context: CliContext,
  files: readonly string[],
  { format, out, scheme, offsets }: AnnotationFlags & { readonly format: WrittenFormat },
  find: (text: string) => Promise<readonly Entity[]>,
  atOnce: number,
): Promise<void> {
  const output = await openAnnotations(context, format, out);
  const takenNames = new Set<string>();
  const problems: ReadingProblem[] = [];
  let unnamed = 0;
  const answer = async (record: JsonObject): Promise<JsonObject> => {
    const text = textOf(record);
    const id =
      record["id"] === undefined || record["id"] === null ? `note-${++unnamed}` : String(record["id"]);
    const example: EntityExample = { kind: "entities", id, documentId: id, text, entities: await find(text) };
    return { ...formatExamples([example], format, { scheme, offsets, takenNames, marks: true }) };
  };
  const take = async (answer: JsonObject): Promise<void> => {
    const { files, problems: mine } = answer as unknown as FormattedExamples;
    problems.push(...mine);
    await output.write(files);
  };
  try {
    await filterJsonLines(context, files, answer, atOnce, take);
    await output.commit();
    if (problems.length > 0)
      context.stderr.write(`clinicalbert: the format cannot hold all as it is${countReasons(problems)}\n`);
  } finally {
    await output.discard();
  }
}
