/**
 * @file What 8-bit weights cost a model that embeds texts: how often the first half of a note still finds its second half among those of all
 * notes, the worst token's cosine, and processor time, fp32 and q8 by turns on the same batches.
 */
import { parseArgs } from "node:util";
import { ClinicalBertError } from "../src/errors.js";
import { pipeline } from "../src/pipelines/index.js";
import { readClinicalTexts } from "./clinical-texts.js";
import { startWatch } from "./stopwatch.js";

const OPTIONS = {
  model: { type: "string" },
  notes: { type: "string", default: "400" },
  words: { type: "string", default: "60" },
} as const;

const DTYPES = ["fp32", "q8"] as const;
type Dtype = (typeof DTYPES)[number];
const BATCH = 32;
/** Texts whose every token is compared. */
const COMPARED = 64;

export const bench = {
  summary: "accuracy of finding a note's other half, fp32 and q8; --model FOLDER, data in CLINICALBERT_DATA",
  async run(args: readonly string[]): Promise<void> {
    const { model, notes, words } = parseArgs({ args: [...args], options: OPTIONS }).values;
    const data = process.env["CLINICALBERT_DATA"];
    if (model === undefined || data === undefined)
      throw new ClinicalBertError(
        "USAGE",
        "The benchmark quantized needs --model FOLDER and CLINICALBERT_DATA.",
      );
    const halves = await readHalves(data, Number(notes), Number(words));
    const texts = [...halves.map(([first]) => first), ...halves.map(([, second]) => second)];
    const extract = {
      fp32: await pipeline("feature-extraction", model, { dtype: "fp32" }),
      q8: await pipeline("feature-extraction", model, { dtype: "q8" }),
    };
    const vectors: Record<Dtype, number[][]> = { fp32: [], q8: [] };
    const seconds: Record<Dtype, number> = { fp32: 0, q8: 0 };
    for (const dtype of DTYPES) await extract[dtype](texts.slice(0, 4), { pooling: "mean" });
    for (let at = 0; at < texts.length; at += BATCH)
      for (const dtype of DTYPES) {
        const stop = startWatch();
        const features = await extract[dtype](texts.slice(at, at + BATCH), {
          pooling: "mean",
          normalize: true,
        });
        seconds[dtype] += stop().cpu;
        vectors[dtype].push(...(features.tolist() as number[][]));
      }
    for (const dtype of DTYPES) {
      const accuracy = (100 * found(vectors[dtype], halves.length)) / halves.length;
      console.log(
        `${dtype}: ${accuracy.toFixed(1)} % of ${halves.length} found, ${seconds[dtype].toFixed(2)} s`,
      );
    }
    console.log(`q8 is ${(seconds.fp32 / seconds.q8).toFixed(2)} times fp32 (processor time)`);
    let worst = 1;
    for (const text of texts.slice(0, COMPARED)) {
      const [exact, rounded] = [await extract.fp32(text), await extract.q8(text)];
      for (let token = 0; token < exact.dims[1]!; token++)
        worst = Math.min(worst, cosine(exact.row(0).row(token).data, rounded.row(0).row(token).data));
    }
    console.log(`worst cosine of a token of ${COMPARED} texts: ${worst.toFixed(4)}`);
    for (const dtype of DTYPES) await extract[dtype].dispose();
  },
};

/** Two stretches of `words` words, one after the other, from the middle of as many notes as are long enough. */
async function readHalves(data: string, count: number, words: number): Promise<[string, string][]> {
  const { training, heldOut } = await readClinicalTexts(data);
  const halves: [string, string][] = [];
  for (const { text } of [...heldOut, ...training]) {
    const all = text.split(/\s+/);
    if (all.length < 2 * words || halves.length === count) continue;
    const start = (all.length - 2 * words) >> 1;
    const middle = start + words;
    halves.push([all.slice(start, middle).join(" "), all.slice(middle, middle + words).join(" ")]);
  }
  return halves;
}

/** How many first halves are nearest to their own second half. */
function found(vectors: readonly (readonly number[])[], count: number): number {
  let right = 0;
  for (let query = 0; query < count; query++) {
    let [best, most] = [-1, Number.NEGATIVE_INFINITY];
    for (let candidate = 0; candidate < count; candidate++) {
      const likeness = product(vectors[query]!, vectors[count + candidate]!);
      if (likeness > most) [best, most] = [candidate, likeness];
    }
    if (best === query) right++;
  }
  return right;
}

function product(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += Number(a[index]) * Number(b[index]);
  return sum;
}

function cosine(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): number {
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}
