/**
 * @file Sections and sentences: megabytes a second on one thread, boundary F1 on gold sets, scaling of `format`, each beside its
 * peers. Parts: speed, f1, scaling (default: all).
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchQuality } from "./text-quality.js";
import { benchScaling } from "./text-scaling.js";
import { benchSpeed } from "./text-speed.js";

const OPTIONS = {
  megabytes: { type: "string", default: "50" },
  rounds: { type: "string", default: "5" },
} as const;

const PARTS = { speed: benchSpeed, f1: benchQuality, scaling: benchScaling };

export interface TextBench {
  /** Temporary; removed at the end. */
  readonly folder: string;
  readonly megabytes: number;
  readonly rounds: number;
}

export const bench = {
  summary:
    "sections, sentences and format beside BlingFire, NLTK Punkt, spaCy's sentencizer, pySBD and the published script",
  async run(args: readonly string[]): Promise<void> {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const folder = await mkdtemp(join(tmpdir(), "bench-text-"));
    const setting: TextBench = { folder, megabytes: Number(values.megabytes), rounds: Number(values.rounds) };
    try {
      for (const [name, part] of Object.entries(PARTS))
        if (positionals.length === 0 || positionals.includes(name)) await part(setting);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};
