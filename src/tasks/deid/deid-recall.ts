/** @file How much PHI a model finds, measured on annotated notes and kept in a file beside the model: recall by token and by document. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Span } from "../../notes/span.js";
import { writeAtomic } from "../../util/atomic-file.js";
import { fileError } from "../../util/file-error.js";
import { wilsonInterval } from "../../util/wilson.js";
import type { EntityExample } from "../example.js";
import { type PhiCategory, PHI_CATEGORIES, phiCategory } from "../phi-categories.js";
import { bootstrapIntervals, type Interval } from "../scorers/bootstrap.js";
import type { PhiSpan } from "./find-phi.js";

export const RECALL_FILE = "deid-recall.json";

export interface MeasuredRecall {
  /** Gold tokens (runs of letters and digits) and those that lie wholly in found PHI, of whatever class. */
  readonly tokens: number;
  readonly foundTokens: number;
  readonly tokenRecall: number;
  /** 95 %, by resampling documents. */
  readonly tokenInterval: Interval;
  /** Documents that have such PHI, and those of which every token was found. */
  readonly documents: number;
  readonly wholeDocuments: number;
  readonly documentRecall: number;
  /** 95 %, Wilson. */
  readonly documentInterval: Interval;
}

export interface DeidRecall {
  readonly format: 1;
  /** SHA-256 of the weights that were measured. */
  readonly weights: string;
  /** `fp32`, `fp16` or `q8`, as they were run. */
  readonly dtype: string;
  readonly threshold: number;
  /** Name of the data, as the user calls it. */
  readonly data: string;
  readonly notes: number;
  readonly all: MeasuredRecall;
  readonly categories: Readonly<Partial<Record<PhiCategory, MeasuredRecall>>>;
  /** Share of the tokens taken for PHI that are PHI. */
  readonly tokenPrecision: number;
}

/** Compares found PHI with gold. Classes do not count: what is found is taken away. Entities that are no PHI class are left aside. */
export function measureRecall(
  gold: readonly EntityExample[],
  found: readonly (readonly PhiSpan[])[],
): Pick<DeidRecall, "notes" | "all" | "categories" | "tokenPrecision"> {
  const rows = gold.map((example, index) => countDocument(example, found[index]!));
  const groups = ["all", ...PHI_CATEGORIES] as const;
  const recalls = groups.map((_, group) => recallOf(rows.map(({ counts }) => counts[group]!)));
  const categories = Object.fromEntries(
    PHI_CATEGORIES.map((category, index) => [category, recalls[index + 1]!] as const).filter(
      ([, { tokens }]) => tokens > 0,
    ),
  );
  const [taken, right] = rows.reduce(([all, hits], row) => [all + row.taken, hits + row.right] as const, [
    0, 0,
  ] as readonly [number, number]);
  return {
    notes: gold.length,
    all: recalls[0]!,
    categories,
    tokenPrecision: taken === 0 ? 0 : right / taken,
  };
}

type Counts = readonly [tokens: number, found: number];

function countDocument(
  { text, entities }: EntityExample,
  found: readonly PhiSpan[],
): { readonly counts: readonly Counts[]; readonly taken: number; readonly right: number } {
  const covered = new Uint8Array(text.length);
  for (const { span } of found) covered.fill(1, ...span);
  const truth = new Uint8Array(text.length);
  const counts = [0, ...PHI_CATEGORIES].map((): [number, number] => [0, 0]);
  for (const { label, category, spans } of entities) {
    const place = PHI_CATEGORIES.indexOf((phiCategory(category ?? label) ?? phiCategory(label))!);
    if (place < 0) continue;
    for (const span of spans) {
      truth.fill(1, ...span);
      for (const [start, end] of tokensOf(text, span)) {
        const whole = covered.subarray(start, end).every((flag) => flag === 1) ? 1 : 0;
        for (const group of [counts[0]!, counts[place + 1]!]) {
          group[0] += 1;
          group[1] += whole;
        }
      }
    }
  }
  let [taken, right] = [0, 0];
  for (const { span } of found)
    for (const [start, end] of tokensOf(text, span)) {
      taken += 1;
      if (truth.subarray(start, end).some((flag) => flag === 1)) right += 1;
    }
  return { counts, taken, right };
}

function tokensOf(text: string, [from, to]: Span): Span[] {
  return [...text.slice(from, to).matchAll(/[\p{L}\p{M}\p{N}]+/gu)].map((match) => [
    from + match.index,
    from + match.index + match[0].length,
  ]);
}

function recallOf(rows: readonly Counts[]): MeasuredRecall {
  const present = rows.filter(([tokens]) => tokens > 0);
  const tokens = present.reduce((sum, [count]) => sum + count, 0);
  const foundTokens = present.reduce((sum, [, count]) => sum + count, 0);
  const wholeDocuments = present.filter(([count, hits]) => count === hits).length;
  const intervals = bootstrapIntervals(present, (sums) => [sums[1]! / sums[0]!]);
  return {
    tokens,
    foundTokens,
    tokenRecall: tokens === 0 ? 0 : foundTokens / tokens,
    tokenInterval: intervals?.[0] ?? [0, 1],
    documents: present.length,
    wholeDocuments,
    documentRecall: present.length === 0 ? 0 : wholeDocuments / present.length,
    documentInterval: wilsonInterval(wholeDocuments, present.length),
  };
}

/** SHA-256 of a file, in hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
  } catch (error) {
    throw fileError(error, path);
  }
  return hash.digest("hex");
}

/** The file beside a model, or `null` where its recall was never measured. */
export async function readRecall(folder: string): Promise<DeidRecall | null> {
  const text = await readFile(join(folder, RECALL_FILE), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    const recall = JSON.parse(text) as DeidRecall;
    return recall.format === 1 ? recall : null;
  } catch {
    return null;
  }
}

export async function writeRecall(folder: string, recall: DeidRecall): Promise<void> {
  await writeAtomic(join(folder, RECALL_FILE), `${JSON.stringify(recall, null, 2)}\n`);
}

/** The lines that stand with a model wherever it is used. */
export function recallLines(recall: DeidRecall): string[] {
  const share = (value: number, [low, high]: Interval): string =>
    `${percent(value)} [${percent(low)}, ${percent(high)}]`;
  const line = (name: string, each: MeasuredRecall): string =>
    `${name.padEnd(10)}  tokens ${share(each.tokenRecall, each.tokenInterval)} of ${each.tokens}; documents without a miss ${share(each.documentRecall, each.documentInterval)} of ${each.documents}`;
  return [
    `recall on ${recall.data} (${recall.notes} notes, threshold ${recall.threshold}), 95 % intervals; precision of tokens ${percent(recall.tokenPrecision)}:`,
    line("all PHI", recall.all),
    ...Object.entries(recall.categories).map(([category, each]) => line(category, each)),
  ];
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}
