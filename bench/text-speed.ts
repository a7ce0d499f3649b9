/** @file Megabytes of UTF-8 a second of section and sentence splitters, one thread, on MTSamples and synthetic notes. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openNotes } from "../src/notes/open-notes.js";
import { synthesizeNotes } from "../src/notes/synthesize/index.js";
import { createSectionSplitter } from "../src/sections/index.js";
import { createRuleSentenceSplitter } from "../src/sentences/index.js";
import { runPeer } from "./peers.js";
import { median, startWatch } from "./stopwatch.js";
import type { TextBench } from "./text.js";

interface PeerFigures {
  readonly name: string;
  readonly part: string;
  readonly megabytesPerSecond: number;
}

export async function benchSpeed({ folder, megabytes, rounds }: TextBench): Promise<void> {
  const parts = { synthetic: syntheticTexts(megabytes / 2), mtsamples: await mtsamplesTexts(megabytes / 2) };
  const sections = createSectionSplitter();
  const published = createSectionSplitter("alsentzer2019");
  const sentences = createRuleSentenceSplitter();
  const ours: Readonly<Record<string, (text: string) => void>> = {
    "sections corrected": (text) => sections.split(text),
    "sections alsentzer2019": (text) => refusable(() => published.split(text)),
    "sentences rules": (text) => sentences.split(text),
  };
  for (const [part, texts] of Object.entries(parts)) {
    if (texts.length === 0) continue;
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    for (const [name, split] of Object.entries(ours)) {
      const speeds: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const watch = startWatch();
        for (const text of texts) split(text);
        speeds.push(bytes / 1e6 / watch().cpu);
      }
      console.log(
        `${part.padEnd(10)} ${name.padEnd(24)} ${median(speeds).toFixed(1)} MB/s of processor time`,
      );
    }
    // One pass over a part of the texts is enough for the slow peers; each measures its own processor time.
    await writeFile(join(folder, `${part}.jsonl`), texts.map((text) => `${JSON.stringify(text)}\n`).join(""));
    const peers = runPeer("text", "text", ["speed", join(folder, `${part}.jsonl`)]) as PeerFigures[] | null;
    for (const peer of peers ?? [])
      console.log(
        `${part.padEnd(10)} ${peer.name.padEnd(24)} ${peer.megabytesPerSecond.toFixed(1)} MB/s of processor time`,
      );
  }
}

function syntheticTexts(megabytes: number): string[] {
  const texts: string[] = [];
  let bytes = 0;
  for (const { text } of synthesizeNotes({ seed: 11 })) {
    texts.push(text);
    bytes += Buffer.byteLength(text);
    if (bytes >= megabytes * 1e6) return texts;
  }
  return texts;
}

async function mtsamplesTexts(megabytes: number): Promise<string[]> {
  const data = process.env["CLINICALBERT_DATA"];
  if (data === undefined) {
    console.log("mtsamples: skipped, CLINICALBERT_DATA is not set");
    return [];
  }
  const once: string[] = [];
  for await (const { text } of openNotes(join(data, "mtsamples/mtsamples.csv"))) once.push(text);
  const bytes = once.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return Array.from({ length: Math.ceil((megabytes * 1e6) / bytes) }, () => once).flat();
}

function refusable(split: () => void): void {
  try {
    split();
  } catch {
    // The published script refuses some notes; the time until then counts.
  }
}
