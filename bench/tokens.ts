/**
 * @file `npm run bench -- tokens [--vocab DIR] [--bytes N] [--script-bytes N] [--rounds N] [--parts notes,words,instances]`: WordPiece and instances, single thread, beside the
 * native `tokenizers` package and Google's script.
 *
 * DIR holds vocab.txt of a cased BERT; CLINICALBERT_DATA/bert-vocab/bert-base-cased by default. CLINICALBERT_PEERS/torch must
 * have `tokenizers` and `six`; CLINICALBERT_PEERS/bert is a checkout of google-research/bert.
 */
import { createHash } from "node:crypto";
import {
  createReadStream,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { type InstanceFormat, writeInstances } from "../src/instances/index.js";
import { synthesizeNotes } from "../src/notes/synthesize/index.js";
import { loadVocabulary, PieceSink, WordPieceTokenizer } from "../src/tokens/index.js";
import { runPeer } from "./peers.js";

const WARM_UP_LINES = 20_000;

export const bench = {
  summary: "tokenize and make instances, MB of text a second; single thread",
  run,
};

async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      vocab: { type: "string" },
      bytes: { type: "string", default: "50000000" },
      "script-bytes": { type: "string", default: "2000000" },
      rounds: { type: "string", default: "3" },
      parts: { type: "string", default: "notes,words,instances" },
    },
  });
  const directory =
    values.vocab ?? join(process.env["CLINICALBERT_DATA"] ?? ".", "bert-vocab/bert-base-cased");
  const rounds = Number(values.rounds);
  const vocabularyPath = join(directory, "vocab.txt");
  const vocabulary = loadVocabulary(readFileSync(vocabularyPath, "utf8"));
  const folder = mkdtempSync(join(tmpdir(), "bench-tokens-"));
  try {
    const parts = values.parts.split(",");
    if (parts.includes("notes")) {
      const notes = writeNotes(folder, "mixed.txt", Number(values.bytes), process.env["CLINICALBERT_DATA"]);
      await benchTokenizer("notes", notes, vocabularyPath, folder);
    }
    if (parts.includes("words"))
      await benchTokenizer(
        "mostly new words",
        writeNewWords(folder, Number(values.bytes) / 5),
        vocabularyPath,
        folder,
      );
    if (parts.includes("instances"))
      await benchInstances(folder, vocabularyPath, Number(values["script-bytes"]));
  } finally {
    rmSync(folder, { recursive: true });
  }

  async function benchTokenizer(name: string, corpus: string, path: string, scratch: string): Promise<void> {
    const lines = readFileSync(corpus, "utf8").split("\n").slice(0, -1);
    const megabytes = statSync(corpus).size / 1e6;
    const sink = new PieceSink({ positions: false });
    // Compiled on other lines than those that are timed; the cache of words starts empty in each round.
    warmUp(lines.slice(0, WARM_UP_LINES).map((line) => [...line].reverse().join("")));
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const tokenizer = new WordPieceTokenizer(vocabulary, { dialect: "huggingface", lowercase: false });
      const begun = performance.now();
      for (const line of lines) {
        sink.length = 0;
        tokenizer.append(line, sink);
      }
      ours.push((performance.now() - begun) / 1000);
      const ids = join(scratch, "ids.txt");
      const peer = runPeer("tokenizers", "torch", [corpus, path, "cased", ids]);
      if (peer === null) continue;
      theirs.push((peer[0] as { seconds: number }).seconds);
      if (round === 0) await compareIds(lines, ids);
    }
    report(`tokenize, ${name} (${megabytes.toFixed(1)} MB)`, megabytes, ours, theirs, "tokenizers");
  }

  function warmUp(lines: readonly string[]): void {
    const tokenizer = new WordPieceTokenizer(vocabulary, { dialect: "huggingface", lowercase: false });
    const sink = new PieceSink({ positions: false });
    for (const line of lines) {
      sink.length = 0;
      tokenizer.append(line, sink);
    }
  }

  /** In the dialect of the peer, line by line. */
  async function compareIds(lines: readonly string[], path: string): Promise<void> {
    const tokenizer = new WordPieceTokenizer(vocabulary, { dialect: "huggingface", lowercase: false });
    let number = 0;
    for await (const expected of createInterface({ input: createReadStream(path) })) {
      const found = tokenizer.idsOf(lines[number]!).join(",");
      if (found !== expected) throw new Error(`Line ${number + 1} has other ids than the peer gives it.`);
      number += 1;
    }
    if (number !== lines.length) throw new Error(`The peer has ${number} lines of ${lines.length}.`);
    console.log(`  ids identical on ${number} lines`);
  }

  async function benchInstances(scratch: string, path: string, scriptBytes: number): Promise<void> {
    // Synthetic notes alone, so that the part that the script gets is like the whole.
    const notes = writeNotes(scratch, "notes.txt", Number(values.bytes), undefined);
    const tokenizer = new WordPieceTokenizer(vocabulary, { lowercase: false });
    // Processor time, of both: it counts what the threads that write files do, and not what other programs do.
    const make = async (corpus: string, format: InstanceFormat, out: string): Promise<number> => {
      // Removing the output of the round before is no part of making this one.
      rmSync(out, { force: true });
      const begun = process.cpuUsage();
      await writeInstances({ files: [corpus], tokenizer, settings: { dupeFactor: 5 }, format, out });
      const { user, system } = process.cpuUsage(begun);
      return (user + system) / 1e6;
    };
    const part = join(scratch, "part.txt");
    const whole = readFileSync(notes);
    writeFileSync(part, whole.subarray(0, whole.lastIndexOf("\n\n", scriptBytes) + 2));
    const partMegabytes = statSync(part).size / 1e6;
    const bert = join(process.env["CLINICALBERT_PEERS"] ?? "", "bert");
    const peer = runPeer("create_pretraining_data", "torch", [bert, part, path, "5"]);
    const script = peer?.[0] as { seconds: number; sha256: string } | undefined;
    if (script !== undefined) {
      const out = join(scratch, "part.jsonl");
      await make(part, "jsonl", out);
      const same = createHash("sha256").update(readFileSync(out)).digest("hex") === script.sha256;
      if (!same) throw new Error("The instances differ from those of the script.");
      const rate = (partMegabytes / script.seconds).toFixed(3);
      console.log(
        `  create_pretraining_data.py on ${partMegabytes.toFixed(1)} MB: ${rate} MB/s; instances identical`,
      );
    }
    const megabytes = statSync(notes).size / 1e6;
    for (const format of ["native", "tfrecord"] as const) {
      const out = join(scratch, `instances.${format}`);
      const seconds: number[] = [];
      for (let round = 0; round < rounds; round++) seconds.push(await make(notes, format, out));
      const peers = script === undefined ? [] : [(script.seconds / partMegabytes) * megabytes];
      report(`instances, exact, dupe factor 5, to ${format}`, megabytes, seconds, peers, "the script");
    }
  }
}

function report(what: string, megabytes: number, ours: number[], theirs: number[], peer: string): void {
  const own = megabytes / median(ours);
  const line = `${what}: ${own.toFixed(1)} MB/s`;
  if (theirs.length === 0) console.log(line);
  else {
    const other = megabytes / median(theirs);
    console.log(`${line}; ${peer} ${other.toFixed(2)} MB/s; ${(own / other).toFixed(1)} ×`);
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 1]!;
}

/** Open texts of the data folder, as they lie in their files. */
const OPEN_TEXTS = ["mtsamples", "aci-bench", "mts-dialog", "maccrobat2020"];

const LINES_OF_A_DOCUMENT = 40;

/** Open texts where they are, then synthetic notes: one line a sentence, a blank line after each note. */
function writeNotes(folder: string, name: string, bytes: number, data: string | undefined): string {
  const parts: string[] = [];
  let length = 0;
  for (const kind of data === undefined ? [] : OPEN_TEXTS)
    for (const file of readdirSync(join(data!, kind)).filter((each) => /\.(csv|txt)$/.test(each))) {
      const text = readFileSync(join(data!, kind, file), "utf8");
      const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
      for (let at = 0; at < lines.length; at += LINES_OF_A_DOCUMENT)
        parts.push(`${lines.slice(at, at + LINES_OF_A_DOCUMENT).join("\n")}\n\n`);
      length += text.length;
    }
  for (const { text } of synthesizeNotes({ seed: 1, templates: "all", firstPatient: 0 })) {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    parts.push(`${lines.join("\n")}\n\n`);
    length += text.length;
    if (length > bytes) break;
  }
  const path = join(folder, name);
  writeFileSync(path, parts.join(""));
  return path;
}

/** Words of four to eleven letters that hardly ever come twice. */
function writeNewWords(folder: string, bytes: number): string {
  let state = 1;
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
  const lines: string[] = [];
  for (let length = 0; length < bytes; ) {
    const words = Array.from({ length: 12 }, () =>
      Array.from({ length: 4 + next(8) }, () => "etaoinshrdlucmfwypvbgk"[Math.min(next(22), next(22))]).join(
        "",
      ),
    );
    lines.push(words.join(" "));
    length += lines.at(-1)!.length + 1;
  }
  const path = join(folder, "words.txt");
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}
