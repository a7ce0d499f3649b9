/** @file Scores of files as other programs write them: what a reader must not change, and what is refused or said. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { DeidMeasure } from "./deid.js";
import { type Metric, type ScoreFilesOptions, scoreFiles } from "./score-files.js";

const folder = mkdtempSync(join(tmpdir(), "score-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

function put(name: string, contents: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
  return path;
}

/** The scores as a machine gets them. */
async function score(metric: Metric, gold: string | null, predicted: string, options?: ScoreFilesOptions) {
  const { scores, notices } = await scoreFiles(metric, gold, predicted, options);
  return { ...(JSON.parse(JSON.stringify(scores)) as Record<string, unknown>), notices };
}

describe("deid", () => {
  type Phi = readonly [start: number, end: number, quote: string];
  const xml = (name: string, text: string, ...phi: Phi[]): string =>
    put(
      name,
      `<d><TEXT><![CDATA[${text}]]></TEXT><TAGS>${phi
        .map(
          ([start, end, quote], index) =>
            `<NAME id="P${index}" start="${start}" end="${end}" text="${quote}" TYPE="PATIENT" comment="" />`,
        )
        .join("")}</TAGS></d>`,
    );
  const measured = async (gold: string, predicted: string, name: string) => {
    const { measures, notices } = await score("deid", gold, predicted, { samples: 0 });
    const found = (measures as DeidMeasure[]).find((measure) => measure.name === name)!;
    return { counts: [found.correct, found.spurious, found.missed], notices };
  };

  it("takes PHI that quote nothing where their offsets say", async () => {
    const gold = xml("empty-gold/1-01.xml", "Ann met Bob", [0, 3, ""], [8, 11, ""]);
    const predicted = xml("empty/1-01.xml", "Ann met Bob", [0, 3, ""]);
    expect(await measured(gold, predicted, "Strict")).toEqual({ counts: [1, 0, 1], notices: [] });
  });

  it("keeps the order of the file, on which the sets of relaxed ends depend", async () => {
    // Ends 3 and 5 are alike, 5 and 7 too, 3 and 7 are not: what evaluate.py gives for each order.
    const gold = xml("order-gold/1-01.xml", "abcdefgh ij", [0, 4, "abcd"]);
    const phi = { 3: [0, 3, "abc"], 5: [0, 5, "abcde"], 7: [0, 7, "abcdefg"] } as const;
    const first = xml("first/1-01.xml", "abcdefgh ij", phi[5], phi[3], phi[7]);
    const second = xml("second/1-01.xml", "abcdefgh ij", phi[3], phi[5], phi[7]);
    expect((await measured(gold, first, "Relaxed")).counts).toEqual([1, 0, 0]);
    expect((await measured(gold, second, "Relaxed")).counts).toEqual([1, 1, 0]);
  });
});
