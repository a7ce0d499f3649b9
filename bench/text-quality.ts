/** @file Precision, recall and F1 of sentence boundaries on every gold set that is here, beside the peers. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRuleSentenceSplitter } from "../src/sentences/index.js";
import {
  type BoundaryScore,
  type GoldText,
  readGoldSets,
  scoreBoundaries,
  startsByExpression,
} from "../test/oracle/sentence-gold.js";
import { runPeer } from "./peers.js";
import type { TextBench } from "./text.js";

interface PeerStarts {
  readonly name: string;
  /** UTF-16 offsets, one list a text. */
  readonly starts: readonly (readonly number[])[];
}

export async function benchQuality({ folder }: TextBench): Promise<void> {
  const splitter = createRuleSentenceSplitter();
  for (const { name, texts } of await readGoldSets(process.env["CLINICALBERT_DATA"])) {
    const boundaries = texts.reduce((sum, { starts }) => sum + starts.length, 0);
    console.log(`${name}: ${texts.length} texts, ${boundaries} inner boundaries`);
    print(
      "rules (ours)",
      scoreBoundaries(texts, (text) => splitter.split(text).map(({ spans }) => spans[0]![0])),
    );
    print("one regular expression", scoreBoundaries(texts, startsByExpression));
    print("the same, line by line", scoreBoundaries(texts, byLine));
    const path = join(folder, "gold.jsonl");
    await writeFile(path, texts.map(({ text }: GoldText) => `${JSON.stringify(text)}\n`).join(""));
    const peers = runPeer("text", "text", ["starts", path]) as PeerStarts[] | null;
    for (const peer of peers ?? [])
      print(
        peer.name,
        scoreBoundaries(texts, (_text, index) => peer.starts[index]!),
      );
  }
}

function byLine(text: string): number[] {
  const starts: number[] = [];
  for (const { 0: line, index } of text.matchAll(/[^\n]+/g)) {
    const first = line.search(/\S/);
    if (first >= 0) starts.push(index + first, ...startsByExpression(line).map((start) => index + start));
  }
  return starts;
}

function print(name: string, { precision, recall, f1, errors }: BoundaryScore): void {
  const [p, r, f] = [precision, recall, f1].map((value) => value.toFixed(4));
  console.log(`  ${name.padEnd(26)} P ${p} R ${r} F1 ${f} errors ${errors}`);
}
