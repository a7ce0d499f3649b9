/** @file Words a second of a spaCy pipeline: ours in WebAssembly and on the runtime, Python's at its best batch size, round by round in turn. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { ClinicalBertError } from "../src/errors.js";
import { type Program, type Round, startPeer, startScript } from "./rounds.js";
import { median } from "./stopwatch.js";

const OPTIONS = {
  model: { type: "string" },
  texts: { type: "string" },
  rounds: { type: "string", default: "4" },
} as const;

/** Batch sizes of `nlp.pipe`; the best one counts. */
const PEER_BATCHES = [16, 64, 256];

interface Contestant {
  readonly name: string;
  readonly peer: boolean;
  round(): Promise<Round>;
}

export const bench = {
  summary: "sentences by a spaCy pipeline; --model PIPELINE --texts NOTES.jsonl [--rounds 4]",
  async run(args: readonly string[]): Promise<void> {
    const { model, texts, rounds } = parseArgs({ args: [...args], options: OPTIONS }).values;
    if (model === undefined || texts === undefined)
      throw new ClinicalBertError(
        "USAGE",
        "The benchmark spacy needs --model PIPELINE and --texts NOTES.jsonl.",
      );
    const cores = availableParallelism();
    const spacy = await startPeer("spacy", "spacy", [model, texts]);
    for (const threads of cores > 1 ? [1, cores] : [1]) {
      const ours = [];
      for (const mode of ["wasm", "ort"])
        ours.push({
          mode,
          program: await startScript("spacy-run.mjs", [model, texts, mode, String(threads)]),
        });
      const contestants: Contestant[] = [
        ...ours.map(({ mode, program }) => ({
          name: `ours, ${mode}`,
          peer: false,
          round: () => program.ask(""),
        })),
        ...(spacy === null ? [] : peers(spacy, threads)),
      ];
      await compare(contestants, Number(rounds), threads);
      for (const { program } of ours) await program.stop();
    }
    await spacy?.stop();
  },
};

function peers(spacy: Program, threads: number): Contestant[] {
  return PEER_BATCHES.map((batch) => ({
    name: `spaCy ${String(spacy.ready["version"])}, batch ${batch}`,
    peer: true,
    round: () => spacy.ask(`${batch} ${threads}`),
  }));
}

/** One round of warming up, then `rounds` in turn; a ratio is the median over rounds of our best by the peer's best of that round. */
async function compare(contestants: readonly Contestant[], rounds: number, threads: number): Promise<void> {
  const figures = contestants.map((): { wall: number; cpu: number }[] => []);
  for (let round = -1; round < rounds; round++)
    for (const [index, contestant] of contestants.entries()) {
      const { words, wall, cpu } = await contestant.round();
      if (round >= 0) figures[index]!.push({ wall: Number(words) / wall, cpu: Number(words) / cpu });
    }
  for (const [index, { name }] of contestants.entries()) {
    const middle = (of: "wall" | "cpu"): string =>
      median(figures[index]!.map((rate) => rate[of]))
        .toFixed(0)
        .padStart(7);
    console.log(
      `${threads} thread(s), ${name.padEnd(22)} ${middle("wall")} words/s, ${middle("cpu")} words a processor second`,
    );
  }
  const best = (peer: boolean, round: number, of: "wall" | "cpu"): number =>
    Math.max(...contestants.map((each, index) => (each.peer === peer ? figures[index]![round]![of] : 0)));
  if (!contestants.some(({ peer }) => peer)) return;
  const ratio = (of: "wall" | "cpu"): string =>
    median(
      Array.from({ length: rounds }, (_, round) => best(false, round, of) / best(true, round, of)),
    ).toFixed(2);
  console.log(`${threads} thread(s): ${ratio("wall")} times spaCy (wall), ${ratio("cpu")} (processor time)`);
}
