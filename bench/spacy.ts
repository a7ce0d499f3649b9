/** @file Words a second of a spaCy pipeline: ours in WebAssembly and on the runtime, Python's at its best batch size, by turns. */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ClinicalBertError } from "../src/errors.js";
import { runPeer } from "./peers.js";
import { median } from "./stopwatch.js";

const OPTIONS = {
  model: { type: "string" },
  texts: { type: "string" },
  rounds: { type: "string", default: "3" },
  turns: { type: "string", default: "2" },
} as const;

/** Batch sizes of `nlp.pipe`; the best one counts. */
const PEER_BATCHES = [16, 64, 256];

interface Figures {
  readonly words: number;
  /** Seconds of each round. */
  readonly wall: readonly number[];
  readonly cpu: readonly number[];
}

interface Rate {
  readonly wall: number;
  readonly cpu: number;
}

export const bench = {
  summary: "sentences by a spaCy pipeline; --model PIPELINE --texts NOTES.jsonl",
  async run(args: readonly string[]): Promise<void> {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const { model, texts, rounds, turns } = values;
    if (model === undefined || texts === undefined)
      throw new ClinicalBertError(
        "USAGE",
        "The benchmark spacy needs --model PIPELINE and --texts NOTES.jsonl.",
      );
    const cores = availableParallelism();
    const rates = new Map<string, Rate[]>();
    const note = (name: string, figures: Figures | null): void => {
      if (figures === null) return;
      const rate = { wall: figures.words / median(figures.wall), cpu: figures.words / median(figures.cpu) };
      rates.set(name, [...(rates.get(name) ?? []), rate]);
    };
    for (let turn = 0; turn < Number(turns); turn++)
      for (const threads of cores > 1 ? [1, cores] : [1]) {
        for (const mode of ["wasm", "ort"])
          note(`ours ${mode} x${threads}`, runOurs([model, texts, rounds, mode, String(threads)]));
        for (const batch of PEER_BATCHES)
          note(
            `spaCy batch ${batch} x${threads}`,
            runSpacy([model, texts, rounds, String(batch), String(threads)]),
          );
      }
    report(rates, cores);
  },
};

function runOurs(args: readonly string[]): Figures {
  const program = fileURLToPath(new URL("spacy-run.mjs", import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [program, ...args], { encoding: "utf8" })) as Figures;
}

function runSpacy(args: readonly string[]): Figures | null {
  return (runPeer("spacy", "spacy", args)?.[0] as Figures | undefined) ?? null;
}

function report(rates: ReadonlyMap<string, readonly Rate[]>, cores: number): void {
  const medians = new Map<string, Rate>();
  for (const [name, each] of rates) {
    const rate = { wall: median(each.map(({ wall }) => wall)), cpu: median(each.map(({ cpu }) => cpu)) };
    medians.set(name, rate);
    console.log(
      `${name.padEnd(22)} ${rate.wall.toFixed(0).padStart(7)} words/s, ${rate.cpu.toFixed(0).padStart(7)} words a processor second`,
    );
  }
  for (const threads of new Set([1, cores])) {
    const best = (kind: string, of: keyof Rate): number =>
      Math.max(
        ...[...medians]
          .filter(([name]) => name.startsWith(kind) && name.endsWith(` x${threads}`))
          .map(([, rate]) => rate[of]),
      );
    const ratios = (["wall", "cpu"] as const).map(
      (of) => `${(best("ours", of) / best("spaCy", of)).toFixed(2)} (${of})`,
    );
    if (Number.isFinite(best("spaCy", "wall")))
      console.log(`ratio with ${threads} thread(s): ${ratios.join(", ")}`);
  }
}
