import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ClinicalBertError } from "../errors.js";
import { createVocabulary, loadVocabulary } from "../tokens/vocabulary.js";
import { WordPieceTokenizer } from "../tokens/wordpiece-tokenizer.js";
import { Mt19937 } from "../util/mt19937.js";
import { createInstances, maskingVocabularyOf } from "./create-instances.js";
import { estimateDisk, requireDisk } from "./disk-estimate.js";
import { shuffleRecords } from "./external-shuffle.js";
import type { PretrainingInstance } from "./instance.js";
import { formatInstance } from "./instance-json.js";
import { InstanceMaker } from "./instance-maker.js";
import { decodeRecord, eachRecord, RecordBuffer } from "./instance-record.js";
import { roundHalfEven } from "./masking.js";
import { createNativeFile } from "./native-file.js";
import { openInstances } from "./open-instances.js";
import { OrderedRecords, type RecordForm, type RecordSource } from "./ordered-records.js";
import { PlannedShards } from "./planned-shards.js";
import { DEFAULT_INSTANCE_SETTINGS, type InstanceSettings } from "./settings.js";
import { spillPath } from "./shards.js";
import { emptyStatistics } from "./statistics.js";
import { createTfRecordFile } from "./tfrecord.js";
import { createTokenFiles, openTokenFiles } from "./token-files.js";
import { documentCount } from "./token-store.js";
import { tokenizeCorpus } from "./tokenize-corpus.js";
import { type WriteInstancesOptions, writeInstances } from "./write-instances.js";

const oracle = (name: string): string =>
  new URL(`../../test/oracle/instances/${name}`, import.meta.url).pathname;
const small = JSON.parse(gunzipSync(readFileSync(oracle("small.json.gz"))).toString("utf8")) as {
  vocabulary: string[];
  corpora: Record<string, string[]>;
  runs: {
    corpus: string;
    lowercase: boolean;
    instances: number;
    sha256: string;
    seed: string;
    settings: Omit<InstanceSettings, "seed">;
  }[];
};
const vocabulary = createVocabulary(small.vocabulary);
const tokenizer = new WordPieceTokenizer(vocabulary, { lowercase: false });
const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const lines = (instances: readonly PretrainingInstance[]): string =>
  instances.map((instance) => `${formatInstance(instance)}\n`).join("");

let folder: string;
const files: Record<string, string[]> = {};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "instances-test-"));
  for (const [name, texts] of Object.entries(small.corpora)) {
    files[name] = texts.map((_, index) => join(folder, `${name}-${index}.txt`));
    for (const [index, text] of texts.entries()) await writeFile(files[name]![index]!, text);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const failure = async (promise: Promise<unknown>): Promise<ClinicalBertError> => {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ClinicalBertError);
  return error as ClinicalBertError;
};

describe("the instances of create_pretraining_data.py, by hash", () => {
  test.each(small.runs)("$corpus, seed $seed", async (run) => {
    const own = new WordPieceTokenizer(vocabulary, { lowercase: run.lowercase });
    const settings = { ...run.settings, seed: BigInt(run.seed) };
    const instances = await createInstances(files[run.corpus]!, own, settings);
    expect(instances).toHaveLength(run.instances);
    expect(sha256(lines(instances))).toBe(run.sha256);
    const out = join(folder, "exact.jsonl");
    const result = await writeInstances({
      files: files[run.corpus]!,
      tokenizer: own,
      settings,
      format: "jsonl",
      out,
    });
    expect(sha256(await readFile(out))).toBe(run.sha256);
    expect(result.report.instances).toBe(run.instances);
  });

  const data = process.env["CLINICALBERT_DATA"];
  test.skipIf(data === undefined)(
    "the four golden settings with Google's vocabulary (needs CLINICALBERT_DATA)",
    async () => {
      const corpus = join(folder, "golden.txt");
      await writeFile(corpus, gunzipSync(readFileSync(oracle("corpus.txt.gz"))));
      const google = loadVocabulary(readFileSync(`${data}/bert-vocab/bert-base-cased/vocab.txt`, "utf8"));
      const cased = new WordPieceTokenizer(google, { lowercase: false });
      const golden = JSON.parse(readFileSync(oracle("golden.json"), "utf8")) as Record<
        string,
        { instances: number; sha256_of_json_lines: string; args: Record<string, string> }
      >;
      expect(Object.keys(golden)).toHaveLength(4);
      for (const { instances, sha256_of_json_lines, args } of Object.values(golden)) {
        const made = await createInstances([corpus], cased, {
          seed: Number(args["seed"]),
          dupeFactor: Number(args["dupe"]),
          maxLength: Number(args["seq"]),
          maxPredictions: Number(args["preds"]),
          shortSequenceProbability: Number(args["short"] ?? 0.1),
          wholeWord: args["wwm"] === "1",
        });
        expect(made).toHaveLength(instances);
        expect(sha256(lines(made))).toBe(sha256_of_json_lines);
      }
    },
  );

  test("round() of Python 3", () => {
    expect([0.5, 1.5, 2.5, 2.4999, 3.5, 19.2, 0].map(roundHalfEven)).toEqual([0, 2, 2, 2, 4, 19, 0]);
  });
});

describe("bounded memory", () => {
  test.each([false, true])(
    "rows read by pages give what rows in memory give (whole words: %s)",
    async (wholeWord) => {
      const writer = await createTokenFiles(folder, vocabulary.tokens.length);
      await tokenizeCorpus(
        [...files["hostile"]!, ...files["plain"]!, ...files["hostile"]!],
        tokenizer,
        writer,
      );
      await writer.commit();
      const settings = { ...DEFAULT_INSTANCE_SETTINGS, wholeWord };
      const made = [1 << 20, 1 << 14, 1].map((memory) => {
        const store = openTokenFiles(folder, vocabulary.tokens.length, memory);
        expect(store.tokens.size).toBeGreaterThan(1 << 14); // more than two pages
        expect(store.sentenceStarts.size).toBeGreaterThan(1);
        const documents = Uint32Array.from({ length: documentCount(store.documents) }, (_, place) => place);
        const maker = new InstanceMaker({
          store,
          documents,
          settings,
          vocabulary: maskingVocabularyOf(tokenizer),
          plain: false,
        });
        const statistics = emptyStatistics(settings.maxLength);
        const random = new Mt19937(7);
        const records = Buffer.concat(
          Array.from(maker.records(0, documents.length, random, statistics), (each) => Buffer.from(each)),
        );
        store.close();
        return { hash: sha256(records), next: random.uint32(), statistics };
      });
      expect(made[0]!.statistics.instances).toBeGreaterThan(100);
      expect(made[1]).toEqual(made[0]);
      expect(made[2]).toEqual(made[0]);
    },
  );

  test("a shuffle through buckets gives the order that one in memory gives", async () => {
    const instances = await createInstances(files["plain"]!, tokenizer, { dupeFactor: 3, maxLength: 32 });
    const widths = { maxLength: 32, maxPredictions: 20, vocabularySize: vocabulary.tokens.length };
    const buffer = new RecordBuffer(2, 32, 20);
    const chunks = instances.map((instance) => {
      buffer.put(instance);
      return buffer.bytes.slice(0, buffer.length);
    });
    const spills = [join(folder, "a.spill"), join(folder, "b.spill")];
    await writeFile(spills[0]!, Buffer.concat(chunks.slice(0, 40)));
    await writeFile(spills[1]!, Buffer.concat(chunks.slice(40)));
    const order = Uint32Array.from(instances.keys()).reverse();
    for (const bytes of [1 << 20, 5000]) {
      const found: string[] = [];
      const output = {
        async write(records: RecordSource) {
          for (let place = 0; place < records.count; place++)
            found.push(formatInstance(records.instance(place)));
        },
        commit: async () => undefined,
        discard: async () => undefined,
      };
      await shuffleRecords({ spills, order, widths, folder, output, memory: bytes });
      expect(found).toEqual(instances.map(formatInstance).reverse());
    }
  });

  test("a run that the disk cannot hold is refused before it begins", async () => {
    const huge = {
      dupeFactor: 10_000,
      maxLength: 128,
      maxPredictions: 20,
      maskedShare: 0.15,
      shortSequenceProbability: 0.1,
      wholeWord: false,
      seed: 1,
    };
    const estimate = await estimateDisk(files["plain"]!, tokenizer, huge, "tfrecord");
    expect(estimate.output).toBeGreaterThan(1e8);
    const error = await failure(requireDisk({ temporary: 1e18, output: 1 }, folder, null, 0));
    expect(error.code).toBe("DISK_FULL");
    expect(error.message).toContain("1000000000.0 GB");
    await requireDisk({ temporary: 1e18, output: 1 }, folder, null, 1e18);
  });

  test("the estimate is not below what a run writes, and not ten times above", async () => {
    for (const format of ["native", "tfrecord", "jsonl"] as const) {
      const settings = {
        dupeFactor: 5,
        maxLength: 128,
        maxPredictions: 20,
        maskedShare: 0.15,
        shortSequenceProbability: 0.1,
        wholeWord: false,
        seed: 1,
      };
      const estimate = await estimateDisk(files["plain"]!, tokenizer, settings, format);
      const spilled = await estimateDisk(files["plain"]!, tokenizer, settings, format, "parallel");
      expect(spilled.temporary - estimate.temporary).toBeGreaterThan(estimate.output / 20);
      const out = join(folder, `estimate.${format}`);
      await writeInstances({ files: files["plain"]!, tokenizer, settings, format, out });
      const { size } = await stat(out);
      expect(estimate.output).toBeGreaterThan(size * 0.9);
      expect(estimate.output).toBeLessThan(size * 10);
    }
  });
});

describe("planned shards", () => {
  const settings = { ...DEFAULT_INSTANCE_SETTINGS, maxLength: 32 };
  const widths = { maxLength: 32, maxPredictions: 20, vocabularySize: vocabulary.tokens.length };
  const pieceOf = (records: Iterable<Uint8Array>): Buffer =>
    Buffer.concat([...records].map((each) => Buffer.from(each)));
  let whole: { shards: Buffer[]; next: number };
  let open: (bytes: number) => InstanceMaker;
  let places: number;

  beforeAll(async () => {
    const writer = await createTokenFiles(folder, vocabulary.tokens.length);
    await tokenizeCorpus(files["plain"]!, tokenizer, writer);
    await writer.commit();
    const store = openTokenFiles(folder, vocabulary.tokens.length);
    const documents = Uint32Array.from({ length: documentCount(store.documents) }, (_, index) => index);
    places = documents.length;
    const source = { store, documents, settings, vocabulary: maskingVocabularyOf(tokenizer), plain: true };
    open = (bytes) => new InstanceMaker(source, bytes);
    const random = new Mt19937(7);
    const maker = open(0);
    const shards = [0, 1].map(() => pieceOf(maker.records(0, places, random, emptyStatistics(32))));
    whole = { shards, next: random.uint32() };
  });

  test.each<RecordForm>(["copy", "encode"])(
    "plans in an order of their own are the records of a run (%s)",
    async (form) => {
      const planned = new PlannedShards(folder, 2, widths);
      planned.open(open(1 << 20));
      const random = new Mt19937(7);
      for (const index of [0, 1])
        expect(planned.plan({ index, fromPlace: 0, toPlace: places }, random, emptyStatistics(32))).toBe(
          true,
        );
      expect(random.uint32()).toBe(whole.next);
      expect([planned.hasAll(2), planned.hasAll(3)]).toEqual([true, false]);
      const records = [...eachRecord(Buffer.concat(whole.shards), 2)];
      expect(planned.count).toBe(records.length);
      const order = Uint32Array.from(records.keys()).reverse();
      planned.order = order;
      const made = pieceOf([...planned.pieces(form, 1, 3)].map(({ bytes }) => bytes.slice()));
      const wanted = records.reverse().filter((_, place) => place % 3 === 1);
      if (form === "copy") expect(made.equals(Buffer.concat(wanted))).toBe(true);
      else {
        const ordered = OrderedRecords.ofPieces(2, widths);
        ordered.fill(
          Buffer.concat(wanted),
          Uint32Array.from(wanted, (each) => each.length),
        );
        expect(
          made.equals(pieceOf([...ordered.pieces("encode", 0, 1)].map(({ bytes }) => bytes.slice()))),
        ).toBe(true);
      }
      expect(planned.instance(5)).toEqual(decodeRecord(records[5]!, 2));
    },
  );

  test("a shard for which there is no room changes nothing; a stop puts those before it into files", async () => {
    const planned = new PlannedShards(folder, 2, widths);
    const half = [...eachRecord(whole.shards[0]!, 2)].length;
    planned.open(open(Math.ceil(half * 1.5) * 84));
    const random = new Mt19937(7);
    const plan = (index: number): boolean =>
      planned.plan({ index, fromPlace: 0, toPlace: places }, random, emptyStatistics(32));
    const saved: number[] = [];
    expect(plan(0)).toBe(true);
    planned.finish(0, async () => void saved.push(0));
    const state = random.save();
    expect(plan(1)).toBe(false);
    expect([planned.hasAll(1), saved, random.save()]).toEqual([true, [], state]);
    await planned.spill();
    expect([planned.hasAll(1), saved]).toEqual([false, [0]]);
    expect((await readFile(spillPath(folder, 0))).equals(whole.shards[0]!)).toBe(true);
    expect(plan(1)).toBe(false);
    await rm(spillPath(folder, 0));
  });
});

describe("restart", () => {
  test("a stopped run goes on where it was, to the same bytes, and leaves nothing behind", async () => {
    const options = {
      files: files["plain"]!,
      tokenizer,
      settings: { dupeFactor: 4, seed: 5 },
      format: "native" as const,
    };
    await writeInstances({ ...options, out: join(folder, "whole.native") });
    const out = join(folder, "stopped.native");
    const stop = new AbortController();
    const stages: string[] = [];
    const interrupted: WriteInstancesOptions = {
      ...options,
      out,
      signal: stop.signal,
      onProgress(stage, done) {
        stages.push(stage);
        if (stage === "make" && done === 2) throw new ClinicalBertError("ABORTED", "Stopped.");
      },
    };
    expect((await failure(writeInstances(interrupted))).code).toBe("ABORTED");
    await expect(stat(out)).rejects.toThrow();
    const again: string[] = [];
    await writeInstances({ ...options, out, onProgress: (stage, done) => again.push(`${stage} ${done}`) });
    expect(again.filter((each) => each.startsWith("tokenize"))).toEqual([]);
    expect(again.filter((each) => each.startsWith("make"))).toEqual(["make 3", "make 4"]);
    expect(await readFile(out)).toEqual(await readFile(join(folder, "whole.native")));
    await expect(stat(join(folder, ".stopped.native.work"))).rejects.toThrow();
  });
});

describe("files of instances", () => {
  const widths = { maxLength: 64, maxPredictions: 10, vocabularySize: 30000 };
  let instances: PretrainingInstance[];
  beforeAll(async () => {
    instances = await createInstances(files["plain"]!, tokenizer, { dupeFactor: 1, ...widths });
    for (const [create, name] of [
      [createNativeFile, "x.native"],
      [createTfRecordFile, "x.tfrecord"],
    ] as const) {
      const sink = await create(join(folder, name), widths);
      for (const instance of instances) await sink.write(instance);
      await sink.commit();
    }
  });

  test.each(["x.native", "x.tfrecord"])("%s: read back in any order; two files are one row", async (name) => {
    const path = join(folder, name);
    const reader = await openInstances(path);
    expect([reader.count, reader.maxLength, reader.maxPredictions]).toEqual([instances.length, 64, 10]);
    for (let index = instances.length - 1; index >= 0; index--)
      expect(formatInstance(reader.read(index))).toBe(formatInstance(instances[index]!));
    reader.close();
    const both = await openInstances([path, path]);
    expect(both.count).toBe(2 * instances.length);
    expect(formatInstance(both.read(instances.length))).toBe(formatInstance(instances[0]!));
    both.close();
  });

  test("native ids of more than 16 bits", async () => {
    const big = { ...instances[0]!, ids: instances[0]!.ids.map((id) => id + 100_000) };
    const sink = await createNativeFile(join(folder, "big.native"), { ...widths, vocabularySize: 200_000 });
    await sink.write(big);
    await sink.commit();
    const reader = await openInstances(join(folder, "big.native"));
    expect(reader.read(0)).toEqual(big);
    reader.close();
  });

  test.each(["tensorflow.tfrecord", "tensorflow.tfrecord.gz"])(
    "%s, written by TensorFlow 2.21",
    async (name) => {
      const reader = await openInstances(oracle(name), { maxLength: 16, maxPredictions: 4 });
      expect(reader.count).toBe(5);
      expect(formatInstance(reader.read(4))).toBe(
        '{"input_ids":[101,4000,4001,4002,4003,4004,4005,4006,4007,4008],"segment_ids":[0,0,0,0,1,1,1,1,1,1],' +
          '"masked_lm_positions":[1,2],"masked_lm_ids":[70004,70004],"next_sentence_label":0}',
      );
      reader.close();
    },
  );

  test("a width that the trainer does not have is refused by the name of the flag", async () => {
    const error = await failure(
      openInstances(oracle("tensorflow.tfrecord"), { maxLength: 16, maxPredictions: 20 }),
    );
    expect(error.code).toBe("INSTANCE_WIDTH");
    expect(error.message).toContain("--max-predictions 4");
    expect((await failure(openInstances(join(folder, "x.native"), { maxLength: 128 }))).message).toContain(
      "--max-length 64",
    );
  });

  test.each(["x.native", "x.tfrecord"])(
    "%s: every flipped bit and every cut is noticed, with its place",
    async (name) => {
      const bytes = await readFile(join(folder, name));
      const path = join(folder, `damaged-${name}`);
      const readAll = async (): Promise<void> => {
        const reader = await openInstances(path);
        try {
          for (let index = 0; index < reader.count; index++) reader.read(index);
        } finally {
          reader.close();
        }
      };
      for (const at of [1, 9, 70, 400, 1000, Math.floor(bytes.length / 2), bytes.length - 3]) {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= 4;
        await writeFile(path, damaged);
        const error = await failure(readAll());
        expect(error.code).toBe("INSTANCE_FILE_INVALID");
        expect(error.message).toMatch(/record \d+|header|index|bytes instead/);
      }
      for (const length of [0, 5, 100, bytes.length - 1]) {
        await writeFile(path, bytes.subarray(0, length));
        expect((await failure(readAll())).code).toBe("INSTANCE_FILE_INVALID");
      }
    },
  );
});

describe("bad corpora and settings", () => {
  const corpus = async (data: string | Uint8Array): Promise<string[]> => {
    const path = join(folder, "bad.txt");
    await writeFile(path, data);
    return [path];
  };
  test("not UTF-8: file, line and byte", async () => {
    const error = await failure(
      createInstances(await corpus(Buffer.from("good\nbad \xff line\n", "latin1")), tokenizer),
    );
    expect(error.code).toBe("CORPUS_INVALID");
    expect(error.details).toMatchObject({ line: 2, byte: 5 });
    expect(error.message).not.toContain("bad line");
  });
  test("a bad corpus leaves neither output nor spill files", async () => {
    const bad = await corpus(Buffer.from("good\n\xff\n", "latin1"));
    const out = join(folder, "of-bad.native");
    const writing = writeInstances({ files: bad, tokenizer, settings: {}, format: "native", out });
    expect((await failure(writing)).code).toBe("CORPUS_INVALID");
    expect((await readdir(folder)).filter((name) => name.includes("of-bad"))).toEqual([]);
  });
  test("no sentence at all", async () => {
    for (const text of ["", "\n\n \n", "\u200b\n"])
      expect((await failure(createInstances(await corpus(text), tokenizer))).code).toBe("CORPUS_INVALID");
  });
  test("a line of 3 MB, and a last line without line feed", async () => {
    const made = await createInstances(await corpus(`${"pain ".repeat(600_000)}\nwas`), tokenizer, {
      dupeFactor: 1,
    });
    expect(made.length).toBeGreaterThan(0);
    expect(made.every(({ ids }) => ids.length <= 128)).toBe(true);
  });
  test("a file that is not there; settings out of range, by flag", async () => {
    expect((await failure(createInstances([join(folder, "none.txt")], tokenizer))).code).toBe(
      "FILE_NOT_FOUND",
    );
    for (const [settings, flag] of [
      [{ maxLength: 4 }, "--max-length"],
      [{ dupeFactor: 0 }, "--dupe-factor"],
      [{ maskedShare: 2 }, "--masked-share"],
      [{ seed: 1.5 }, "--seed"],
      [{ maxPredictions: 0 }, "--max-predictions"],
    ] as const) {
      const error = await failure(createInstances(files["plain"]!, tokenizer, settings));
      expect(error.code).toBe("INSTANCE_SETTINGS_INVALID");
      expect(error.message).toContain(flag);
    }
  });
});
