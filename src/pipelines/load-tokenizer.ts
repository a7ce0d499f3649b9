/** @file The tokenizer of a model folder: vocabulary, case and length, and how sure each of them is. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ClinicalBertError } from "../errors.js";
import {
  createVocabulary,
  inferCase,
  loadVocabulary,
  type Vocabulary,
  WordPieceTokenizer,
} from "../tokens/index.js";

export interface LoadedTokenizer {
  readonly tokenizer: WordPieceTokenizer;
  /** Longest sequence, special tokens included. */
  readonly maxLength: number;
  readonly notices: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const DEFAULT_POSITIONS = 512;

/** Reads `vocab.txt` or `tokenizer.json`, `tokenizer_config.json` and `config.json` of a folder; a wish overrides the case. */
export async function loadTokenizer(folder: string, lowercaseWish?: boolean): Promise<LoadedTokenizer> {
  const settings = await readJson(join(folder, "tokenizer_config.json"));
  const fast = await readJson(join(folder, "tokenizer.json"));
  const vocabulary = await readVocabulary(folder, fast);
  const notices: string[] = [];
  const normalizer = fast?.["normalizer"] as Json | null | undefined;
  const stated = lowercaseWish ?? normalizer?.["lowercase"] ?? settings?.["do_lower_case"];
  const lowercase = typeof stated === "boolean" ? stated : inferCase(vocabulary).lowercase;
  if (typeof stated !== "boolean")
    notices.push(
      `${folder} does not say whether its model is cased; by its vocabulary it is ${lowercase ? "uncased" : "cased"}. ` +
        "Python's AutoTokenizer would lower-case.",
    );
  const tokenizer = new WordPieceTokenizer(vocabulary, { dialect: "huggingface", lowercase });
  const config =
    (await readJson(join(folder, "config.json"))) ?? (await readJson(join(folder, "bert_config.json")));
  return { tokenizer, maxLength: maxLengthOf(settings, config), notices };
}

async function readVocabulary(folder: string, fast: Json | null): Promise<Vocabulary> {
  const text = await readFile(join(folder, "vocab.txt"), "utf8").catch(() => null);
  if (text !== null) return loadVocabulary(text);
  const ids = (fast?.["model"] as Json | undefined)?.["vocab"];
  if (typeof ids !== "object" || ids === null)
    throw new ClinicalBertError(
      "FILE_NOT_FOUND",
      `The folder ${folder} has no vocab.txt and no tokenizer.json.`,
      {
        details: { path: folder },
      },
    );
  const entries = Object.entries(ids as Record<string, number>).sort(([, a], [, b]) => a - b);
  return createVocabulary(entries.map(([token]) => token));
}

/** The smaller of what the tokenizer and the model allow; old tokenizers state a number of 31 digits. */
function maxLengthOf(settings: Json | null, config: Json | null): number {
  const stated = settings?.["model_max_length"];
  const positions = config?.["max_position_embeddings"];
  const limit = typeof positions === "number" ? positions : DEFAULT_POSITIONS;
  return typeof stated === "number" && stated > 0 ? Math.min(stated, limit) : limit;
}

async function readJson(path: string): Promise<Json | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Json;
  } catch {
    // Said below without the parser's quotation of the file.
  }
  throw new ClinicalBertError("CHECKPOINT_DAMAGED", `${path} is not a JSON object.`, { details: { path } });
}
