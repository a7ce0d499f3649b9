/** @file Proves that a published model is read as Python's transformers reads it: files, shapes, fill-masks, embeddings. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openModel } from "../checkpoint/index.js";
import { ClinicalBertError } from "../errors.js";
import { AutoModel, AutoModelForMaskedLM } from "./models.js";
import { extractFeatures } from "./feature-extraction.js";
import { type FillMaskResult, fillMasks } from "./fill-mask.js";
import type { PretrainedModelOptions } from "./options.js";
import { AutoTokenizer } from "./tokenizers.js";

/** What `docs/verify/make_table.py` writes. */
export interface VerificationTable {
  readonly sha256: Readonly<Record<string, string>>;
  readonly masked: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly tokens: readonly number[];
    readonly scores: readonly number[];
  }[];
  readonly embedded: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly mean: readonly number[];
  }[];
}

export interface VerificationCheck {
  readonly what: string;
  readonly passed: boolean;
  /** Numbers that were compared, or why it failed. */
  readonly detail: string;
}

export interface VerificationReport {
  readonly model: string;
  readonly heads: readonly string[];
  readonly sha256: Readonly<Record<string, string>>;
  readonly checks: readonly VerificationCheck[];
  /** Our own fillings, to be read by a person; none without a masked-LM head. */
  readonly fillings: readonly { readonly text: string; readonly fillings: readonly FillMaskResult[] }[];
}

const SENTENCES = new URL("../../docs/verify/sentences.json", import.meta.url);
/** Of a probability, and of an embedding's element relative to its vector's largest. */
const TOLERANCE = 1e-4;

/** Checks the folder at `folder`, against `table` where there is one. A check that fails is reported, not thrown. */
export async function verifyModel(
  folder: string,
  table: VerificationTable | null,
  options: PretrainedModelOptions = {},
): Promise<VerificationReport> {
  const sentences = JSON.parse(await readFile(SENTENCES, "utf8")) as { masked: string[]; embedded: string[] };
  const opened = await openModel(folder);
  const checks: VerificationCheck[] = [];
  const heads = [...opened.heads];
  try {
    const parameters = await opened.readParameters(
      heads.filter((head) => head !== "sequence-classification"),
    );
    const wrong = [...parameters].filter(([, { data }]) => data.some((value) => !Number.isFinite(value)));
    checks.push(check("every parameter is there, in its shape", true, `${parameters.size} parameters`));
    checks.push(check("every number is finite", wrong.length === 0, wrong.map(([name]) => name).join(", ")));
  } finally {
    await opened.close();
  }
  const tokenizer = await AutoTokenizer.from_pretrained(folder, options);
  const { tokens } = tokenizer.wordpiece.vocabulary;
  const vocabulary = `vocabulary ${tokens.length}, configuration ${opened.config.vocabSize}`;
  checks.push(
    check("the vocabulary fits the embeddings", tokens.length <= opened.config.vocabSize, vocabulary),
  );
  const sha256 = await hashFiles(folder);
  const fillings: { text: string; fillings: FillMaskResult[] }[] = [];
  if (opened.heads.has("masked-lm")) {
    const model = await AutoModelForMaskedLM.from_pretrained(folder, options);
    try {
      const results = await fillMasks(tokenizer, model, sentences.masked);
      fillings.push(
        ...results.map((filled, index) => ({ text: sentences.masked[index]!, fillings: filled })),
      );
    } finally {
      await model.dispose();
    }
  }
  if (table !== null) {
    checks.push(
      ...compareFiles(sha256, table),
      ...compareFillings(tokenizer.encode.bind(tokenizer), fillings, table),
    );
    const model = await AutoModel.from_pretrained(folder, options);
    try {
      for (const { text, ids, mean } of table.embedded) {
        const features = await extractFeatures(tokenizer, model, text, { pooling: "mean" });
        checks.push(compareEmbedding(text, tokenizer.encode(text), features.data as Float32Array, ids, mean));
      }
    } finally {
      await model.dispose();
    }
  }
  return { model: folder, heads, sha256, checks, fillings };
}

function check(what: string, passed: boolean, detail: string): VerificationCheck {
  return { what, passed, detail };
}

async function hashFiles(folder: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    if (entry.isDirectory()) continue;
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(join(folder, entry.name), { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
    hashes[entry.name] = hash.digest("hex");
  }
  return hashes;
}

function compareFiles(ours: Readonly<Record<string, string>>, table: VerificationTable): VerificationCheck[] {
  const differing = Object.entries(table.sha256).filter(
    ([name, hash]) => ours[name] !== undefined && ours[name] !== hash,
  );
  return [
    check(
      "the files are those of the table",
      differing.length === 0,
      differing.map(([name]) => name).join(", "),
    ),
  ];
}

function compareFillings(
  encode: (text: string) => number[],
  ours: VerificationReport["fillings"],
  table: VerificationTable,
): VerificationCheck[] {
  return table.masked.map(({ text, ids, tokens, scores }) => {
    const what = `fill-mask: ${text}`;
    const found = ours.find((filled) => filled.text === text)?.fillings;
    if (found === undefined)
      return check(what, false, "the weights have no masked-LM head, or the sentences differ");
    if (encode(text).join() !== ids.join()) return check(what, false, "the token ids differ");
    const worst = Math.max(
      ...scores.map((score, place) => Math.abs(score - (found[place]?.score ?? Number.NaN))),
    );
    const same = found.every(
      ({ token, score }, place) => token === tokens[place] || closeScores(score, scores, place),
    );
    return check(
      what,
      same && worst <= TOLERANCE,
      `largest difference of a probability ${worst.toExponential(1)}`,
    );
  });
}

/** Two tokens of nearly equal probability may change places. */
function closeScores(score: number, scores: readonly number[], place: number): boolean {
  return scores.some((other, index) => index !== place && Math.abs(other - score) <= TOLERANCE);
}

function compareEmbedding(
  text: string,
  ourIds: readonly number[],
  ours: Float32Array,
  ids: readonly number[],
  mean: readonly number[],
): VerificationCheck {
  const what = `embedding: ${text}`;
  if (ourIds.join() !== ids.join()) return check(what, false, "the token ids differ");
  if (ours.length !== mean.length)
    return check(what, false, `${ours.length} numbers, the table has ${mean.length}`);
  const largest = Math.max(...mean.map(Math.abs));
  const worst = Math.max(...mean.map((value, axis) => Math.abs(value - ours[axis]!))) / largest;
  return check(what, worst <= TOLERANCE, `largest relative difference ${worst.toExponential(1)}`);
}

/** Reads a table; throws `FILE_NOT_FOUND` or `USAGE`. */
export async function readVerificationTable(path: string): Promise<VerificationTable> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null)
    throw new ClinicalBertError("FILE_NOT_FOUND", `${path} does not exist.`, { details: { path } });
  try {
    const table = JSON.parse(text) as VerificationTable;
    if (Array.isArray(table.masked) && Array.isArray(table.embedded) && typeof table.sha256 === "object")
      return table;
  } catch {
    // Said below without the parser's quotation of the file.
  }
  throw new ClinicalBertError("USAGE", `${path} is no table of docs/verify/make_table.py.`, {
    details: { path },
  });
}
