/** @file The data of a run from files: formats, parts that are cut off, classes that are merged. */
import { ClinicalBertError } from "../../errors.js";
import type { TextEncoding } from "../../notes/text-encoding.js";
import type { Example, ReadingProblem } from "../example.js";
import { type ExampleFormat, readSources } from "../readers/read-examples.js";
import { type FinetuneData, isEntityExample } from "./finetune-data.js";
import type { FinetuneTask } from "./recipe.js";
import { sharedNotices } from "./shared-examples.js";
import { type Split, type SplitOptions, splitExamples, splitHash } from "./splits.js";

export interface DataSources {
  readonly train: readonly string[];
  readonly dev: readonly string[];
  readonly test: readonly string[];
  /** Of all files; by their names where it is not given. */
  readonly format?: ExampleFormat;
  /** Of all files (default `utf-8`, strictly). */
  readonly encoding?: TextEncoding;
  /** One class for all entities (corpora whose classes are merged by their users, such as NCBI disease). */
  readonly mergeLabels?: string;
  /** Parts to cut off the train files; a part that has files of its own has no share. */
  readonly split: SplitOptions | null;
}

export interface ReadData {
  readonly data: FinetuneData;
  readonly notices: readonly string[];
}

const PARTS = ["train", "dev", "test"] as const;

/** Throws what the readers and `splitExamples` throw, and `USAGE` for a part that is both given and cut off. */
export async function readFinetuneData(task: FinetuneTask, sources: DataSources): Promise<ReadData> {
  const notices: string[] = [];
  const encoding = sources.encoding === undefined ? {} : { encoding: sources.encoding };
  const read = async (part: (typeof PARTS)[number]): Promise<readonly Example[] | null> => {
    if (sources[part].length === 0) return null;
    const examples: Example[] = [];
    for (const [format, paths] of byFormat(
      sources[part],
      (source) => sources.format ?? formatOf(source, task),
    ))
      for (const result of await readSources(paths, format, encoding)) {
        for (const example of result.examples) examples.push(example);
        for (const notice of problemNotices(result.source, result.problems)) notices.push(notice);
      }
    return sources.mergeLabels === undefined ? examples : mergeLabels(examples, sources.mergeLabels);
  };
  const given = { train: await read("train"), dev: await read("dev"), test: await read("test") };
  if (given.train === null || given.train.length === 0)
    throw new ClinicalBertError("FINETUNE_DATA", `There is no example in ${sources.train.join(", ")}.`);
  const train = given.train;
  if (sources.split !== null) for (const part of ["dev", "test"] as const) forbidBoth(part, sources);
  const cut: Split | null = sources.split === null ? null : splitExamples(train, sources.split);
  const data: FinetuneData = {
    train: cut?.train ?? train,
    dev: given.dev ?? nullIfEmpty(cut?.dev),
    test: given.test ?? nullIfEmpty(cut?.test),
  };
  return { data, notices: [...notices, ...sharedNotices(data)] };
}

/** `train 474 examples, documents sha256 …`, for all parts: who has the same documents gets the same hash. */
export function describeParts(data: FinetuneData): { part: string; examples: number; sha256: string }[] {
  return PARTS.flatMap((part) =>
    data[part] === null ? [] : [{ part, examples: data[part].length, sha256: splitHash(data[part]) }],
  );
}

function forbidBoth(part: "dev" | "test", { split, ...sources }: DataSources): void {
  const share = split!.shares[part === "dev" ? 1 : 2];
  if (share > 0 && sources[part].length > 0)
    throw new ClinicalBertError("USAGE", `--${part} is given, and --split cuts a ${part} part off as well.`, {
      remedy: `Give the ${part} part a share of 0 in --split, or leave --${part} out.`,
    });
}

function nullIfEmpty(examples: readonly Example[] | undefined): readonly Example[] | null {
  return examples === undefined || examples.length === 0 ? null : examples;
}

function byFormat(
  sources: readonly string[],
  formatOf: (source: string) => ExampleFormat,
): Map<ExampleFormat, string[]> {
  const groups = new Map<ExampleFormat, string[]>();
  for (const source of sources) {
    const format = formatOf(source);
    groups.set(format, [...(groups.get(format) ?? []), source]);
  }
  return groups;
}

function formatOf(source: string, task: FinetuneTask): ExampleFormat {
  if (task !== "ner") return task;
  if (/\.(tsv|conll|iob2?|bio)$/i.test(source)) return "conll";
  if (/\.jsonl$/i.test(source)) return "jsonl";
  if (/\.ann$/i.test(source)) return "brat";
  throw new ClinicalBertError("USAGE", `The name of ${source} does not tell its format.`, {
    remedy: "Name it with --format: conll, brat, pubtator, jsonl, i2b2-2010 and others (--help).",
  });
}

function mergeLabels(examples: readonly Example[], label: string): Example[] {
  return examples.map((example) =>
    isEntityExample(example)
      ? { ...example, entities: example.entities.map((entity) => ({ ...entity, label })) }
      : example,
  );
}

/** How often, and where the first one is. */
export function problemNotices(source: string, problems: readonly ReadingProblem[]): string[] {
  const byReason = new Map<string, ReadingProblem[]>();
  for (const problem of problems) {
    const same = byReason.get(problem.reason);
    if (same === undefined) byReason.set(problem.reason, [problem]);
    else same.push(problem);
  }
  return [...byReason].map(([reason, same]) => {
    if (reason === "no-document-marks") return `${source} marks no documents, so each sentence counts as one`;
    const { file, line, exampleId, span } = same[0]!;
    const offsets = span === undefined ? "" : ` at ${span.join("-")}`;
    const place = line === undefined ? `${exampleId}${offsets}` : `${file ?? source}:${line}`;
    return `${source}: ${same.length} × ${reason}, the first ${place}`;
  });
}
