/** @file De-identification of whole notes: spans of PHI and, on request, a copy with placeholders or surrogates in their place. */
import { randomBytes } from "node:crypto";
import { resolveModel } from "../../checkpoint/index.js";
import { ClinicalBertError } from "../../errors.js";
import {
  AutoModelForTokenClassification,
  AutoTokenizer,
  type PreTrainedTokenizer,
  type PretrainedModelOptions,
} from "../../pipelines/index.js";
import type { RowModel } from "../../pipelines/rows.js";
import type { Span } from "../../notes/span.js";
import type { ScoredToken } from "../../pipelines/aggregate-entities.js";
import { scoreTokens } from "../../pipelines/token-classification.js";
import { readModelShapeFile } from "../read-model-shape.js";
import { coverSentences, type SentenceReading, sentenceReading } from "../sentence-reading.js";
import { type DeidRecall, hashFile, readRecall } from "./deid-recall.js";
import { findPhi, type PhiClasses, type PhiSpan, phiClasses } from "./find-phi.js";
import { referenceYearOf, Surrogates } from "./surrogates.js";

/** What every output of de-identification says. */
export const NO_DETERMINATION =
  "Automatic de-identification misses some PHI. This is no Safe Harbor determination under 45 CFR 164.514(b)(2) and no expert determination under 164.514(b)(1).";

/** Least probability of PHI at which a word is taken, where `evaluate deid` has measured no other: recall comes first. */
export const DEFAULT_THRESHOLD = 0.1;

export const REPLACEMENTS = ["placeholder", "surrogate"] as const;
export type Replacement = (typeof REPLACEMENTS)[number];

/** What `deidentify` needs: also a server's model, which runs on a thread of its own. */
export interface PhiModel {
  readonly tokenizer: PreTrainedTokenizer;
  readonly model: RowModel;
  readonly classes: PhiClasses;
  /** How its notes are read; `null` for overlapping windows of the model's length. */
  readonly sentences: SentenceReading | null;
  /** What `evaluate deid` measured of these very weights; `null` where it did not, or of other ones. */
  readonly recall: DeidRecall | null;
}

export interface DeidModel extends PhiModel {
  /** Folder of the model: where `deid-recall.json` lies. */
  readonly folder: string;
  /** SHA-256 of the weights. */
  readonly weights: string;
  readonly dtype: string;
  dispose(): Promise<void>;
}

/** Loads a model for de-identification. Throws `DEID_MODEL` when its classes are no PHI, and what loading throws. */
export async function openDeidModel(
  source: string,
  options: PretrainedModelOptions = {},
): Promise<DeidModel> {
  const tokenizer = await AutoTokenizer.from_pretrained(source, options);
  const model = await AutoModelForTokenClassification.from_pretrained(source, options);
  try {
    const classes = phiClasses(model.config.id2label);
    const { folder, weights: path } = await resolveModel(
      source,
      options.local_files_only ? { offline: true } : {},
    );
    const weights = await hashFile(path!);
    const dtype = options.dtype ?? "fp32";
    const recall = await readRecall(folder);
    return {
      tokenizer,
      model,
      classes,
      sentences: sentenceReading(await readModelShapeFile(folder)),
      folder,
      weights,
      dtype,
      recall: recall?.weights === weights && recall.dtype === dtype ? recall : null,
      dispose: () => model.dispose(),
    };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

export interface NoteToDeidentify {
  readonly id: string;
  readonly text: string;
  /** Notes of one patient share their surrogates and their date offset; without it a note is a patient of its own. */
  readonly patientId?: string;
}

export interface DeidentifyOptions {
  /** Default: that of the measured recall, else `DEFAULT_THRESHOLD`. */
  readonly threshold?: number;
  readonly replace?: Replacement;
  /** For `surrogate`; keep it for all calls that belong together. Default: one with a key drawn at random. */
  readonly surrogates?: Surrogates;
  readonly stride?: number;
  readonly signal?: AbortSignal;
}

export interface DeidentifiedNote {
  readonly id: string;
  readonly entities: readonly PhiSpan[];
  /** The copy, where `replace` asked for one. */
  readonly text?: string;
  readonly notice: string;
}

/**
 * All notes or none: a window that fails, or gives no finite probabilities, throws, and nothing is given out. Throws `DEID_FAILED`,
 * `USAGE` for a threshold outside (0, 1].
 */
export async function deidentify(
  { tokenizer, model, classes, recall, sentences }: PhiModel,
  notes: readonly NoteToDeidentify[],
  options: DeidentifyOptions = {},
): Promise<DeidentifiedNote[]> {
  const { threshold = recall?.threshold ?? DEFAULT_THRESHOLD, replace, stride, signal } = options;
  if (!(threshold > 0 && threshold <= 1))
    throw new ClinicalBertError("USAGE", `threshold is ${threshold}; it must be above 0 and at most 1.`);
  const parts = notes.map(({ text }) =>
    sentences === null ? [[0, text.length] as const] : coverSentences(text),
  );
  const scored = await scoreTokens(
    tokenizer,
    model,
    parts.flatMap((spans, note) => spans.map((span) => notes[note]!.text.slice(...span))),
    {
      ...(sentences === null ? {} : { max_length: sentences.maxLength }),
      ...(stride === undefined ? {} : { stride }),
      ...(signal === undefined ? {} : { signal }),
    },
  );
  let next = 0;
  const tokensOf = (spans: readonly Span[]): ScoredToken[] =>
    spans.flatMap(([from]) =>
      scored[next++]!.map(
        (token): ScoredToken => ({ ...token, span: [token.span[0] + from, token.span[1] + from] }),
      ),
    );
  const surrogates = replace === "surrogate" ? (options.surrogates ?? new Surrogates(randomBytes(32))) : null;
  return notes.map(({ id, text, patientId = id }, index) => {
    const entities = findPhi(text, tokensOf(parts[index]!), classes, threshold);
    const copy = replace === undefined ? {} : { text: replacePhi(text, entities, patientId, surrogates) };
    return { id, entities, ...copy, notice: NO_DETERMINATION };
  });
}

/** The text with each PHI replaced: by `[**DATE**]` and the like, or by a surrogate where one can be made. */
export function replacePhi(
  text: string,
  entities: readonly PhiSpan[],
  patientId: string,
  surrogates: Surrogates | null,
): string {
  const referenceYear = referenceYearOf(
    entities.filter(({ category }) => category === "DATE").map(({ span }) => text.slice(...span)),
  );
  let copy = "";
  let at = 0;
  for (const { span, label, category } of entities) {
    const original = text.slice(...span);
    const surrogate = surrogates?.replace({ patientId, label, category, original, referenceYear }) ?? null;
    copy += text.slice(at, span[0]) + (surrogate ?? `[**${label}**]`);
    at = span[1];
  }
  return copy + text.slice(at);
}
