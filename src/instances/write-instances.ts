/** @file A corpus of any size to files of instances, in bounded memory: tokenize, make shard by shard, shuffle outside memory. */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type ClinicalBertError, internalError } from "../errors.js";
import { formatVocabulary } from "../tokens/vocabulary.js";
import type { WordPieceTokenizer } from "../tokens/wordpiece-tokenizer.js";
import { openAtomic } from "../util/atomic-file.js";
import { Mt19937 } from "../util/mt19937.js";
import type { ByteTarget } from "./byte-writer.js";
import { maskingVocabularyOf, shuffledDocuments } from "./create-instances.js";
import { estimateDisk, requireDisk } from "./disk-estimate.js";
import { shuffleRecords, writeRecords } from "./external-shuffle.js";
import { PLANNED_BYTES, PlannedShards } from "./planned-shards.js";
import { createInstanceFile, jsonLinesSink, outputPaths, roundRobin } from "./instance-outputs.js";
import { InstanceMaker } from "./instance-maker.js";
import { idBytesFor } from "./instance-record.js";
import type { InstanceFormat, InstanceWidths, RecordSink } from "./instance-sink.js";
import { makeShardsInThreads } from "./parallel-shards.js";
import { describeFiles, openRunFolder, type RunFolder } from "./run-folder.js";
import { type InstanceMode, type InstanceSettings, resolveSettings } from "./settings.js";
import { makeShard, planShards, type Shard, type ShardResult, spillPath } from "./shards.js";
import { addStatistics, emptyStatistics, type InstanceReport, reportOf } from "./statistics.js";
import { createTokenFiles, openTokenFiles } from "./token-files.js";
import { documentCount, isInMemory } from "./token-store.js";
import { type CorpusCounts, tokenizeCorpus } from "./tokenize-corpus.js";

export interface WriteInstancesOptions {
  readonly files: readonly string[];
  readonly tokenizer: WordPieceTokenizer;
  readonly settings: Partial<InstanceSettings>;
  /** Default `exact`. */
  readonly mode?: InstanceMode;
  readonly format: InstanceFormat;
  /** A path; or a stream for JSON lines. */
  readonly out: string | ByteTarget;
  /** Files that the instances are dealt out to in turn. Default 1. */
  readonly outputFiles?: number;
  /** Folder of the spill files; beside the output by default. */
  readonly temporary?: string;
  /** Threads that tokenize and, in mode `parallel`, make the instances. Default 1. The result does not depend on it. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: "tokenize" | "make" | "write", done: number, total: number) => void;
}

export interface WriteInstancesResult {
  readonly corpus: CorpusCounts & { readonly documents: number };
  readonly report: InstanceReport;
  readonly outputs: readonly string[];
}

/** @throws `INSTANCE_SETTINGS_INVALID`, `CORPUS_INVALID`, `DISK_FULL`, `ABORTED`; the same call continues where it was stopped */
export async function writeInstances(options: WriteInstancesOptions): Promise<WriteInstancesResult> {
  const { files, tokenizer, format } = options;
  const settings = resolveSettings(options.settings);
  const mode = options.mode ?? "exact";
  const out = typeof options.out === "string" ? options.out : null;
  const described = await describeFiles(files);
  const run = await openRunFolder(out, options.temporary, {
    version: SPILL_VERSION,
    described,
    settings: { ...settings, seed: String(settings.seed) },
    mode,
    tokenizer: tokenizer.options,
    vocabulary: createHash("sha256").update(formatVocabulary(tokenizer.vocabulary)).digest("hex"),
  });
  const context: RunContext = { options, settings, mode, run, out };
  try {
    const estimate = await estimateDisk(files, tokenizer, settings, format, mode);
    await requireDisk(estimate, dirname(run.path), out, await run.size());
    const corpus = await tokenizeStep(
      context,
      described.reduce((sum, [, size]) => sum + Number(size), 0),
    );
    const { made, outputs } = await makeAndWrite(context, corpus);
    await run.remove();
    const report = reportOf(made.statistics, settings.maxLength);
    return { corpus: { ...corpus, documents: made.documents }, report, outputs };
  } catch (error) {
    if (out === null || (await isWorthless(run, error))) await run.remove();
    throw error;
  }
}

/** A bad corpus must change before the next start, and a disk that was full before the corpus was tokenized leaves nothing to go on from. */
async function isWorthless(run: RunFolder, error: unknown): Promise<boolean> {
  const { code } = error as Partial<ClinicalBertError>;
  return code === "CORPUS_INVALID" || (code === "DISK_FULL" && (await run.load("corpus")) === null);
}

/** Of the files in the folder of a run (docs/formats.md): those of another version are made anew. */
const SPILL_VERSION = 2;

/** A thread takes longer to start than to tokenize less. */
const BYTES_A_THREAD = 1 << 22;

interface RunContext {
  readonly options: WriteInstancesOptions;
  readonly settings: InstanceSettings;
  readonly mode: InstanceMode;
  readonly run: RunFolder;
  readonly out: string | null;
}

async function tokenizeStep({ options, run }: RunContext, total: number): Promise<CorpusCounts> {
  const done = await run.load<CorpusCounts>("corpus");
  if (done !== null) return done;
  const { files, tokenizer, signal, onProgress } = options;
  const writer = await createTokenFiles(run.path, tokenizer.vocabulary.tokens.length);
  try {
    const counts = await tokenizeCorpus(files, tokenizer, writer, {
      threads: Math.min(options.threads ?? 1, Math.ceil(total / BYTES_A_THREAD)),
      ...(signal === undefined ? {} : { signal }),
      onBlock: () => writer.flush(),
      onProgress: (bytes) => onProgress?.("tokenize", bytes, total),
    });
    await writer.commit();
    await run.save("corpus", counts);
    return counts;
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** What is only in memory when one of the two steps fails goes into spill files, so that the next start finds it. */
async function makeAndWrite(
  context: RunContext,
  corpus: CorpusCounts,
): Promise<{ made: Made; outputs: string[] }> {
  const widths = widthsOf(context);
  const planned = new PlannedShards(context.run.path, idBytesFor(widths.vocabularySize), widths);
  try {
    const made = await makeStep(context, corpus, planned);
    return { made, outputs: await writeStep(context, made, planned) };
  } catch (error) {
    // The first failure is the one to tell of: a full disk takes no spill either.
    await planned.spill().catch(() => undefined);
    throw error;
  }
}

/** Bytes of plans for each token of the corpus, rather too many, and for a corpus of hardly any. */
const PLANNED_BYTES_A_TOKEN = 16;
const LEAST_PLANNED_BYTES = 1 << 20;

function widthsOf({ options, settings }: RunContext): InstanceWidths {
  const { maxLength, maxPredictions } = settings;
  return { maxLength, maxPredictions, vocabularySize: options.tokenizer.vocabulary.tokens.length };
}

interface Made {
  readonly shards: readonly Shard[];
  readonly statistics: InstanceReport | ReturnType<typeof emptyStatistics>;
  readonly documents: number;
  /** As the last draw of the instances left it; the shuffle comes next. */
  readonly random: Mt19937;
}

/** What is kept of a finished shard; the state of the generator after it in mode `exact`. */
interface FinishedShard extends ShardResult {
  readonly state?: readonly number[];
}

async function makeStep(context: RunContext, corpus: CorpusCounts, planned: PlannedShards): Promise<Made> {
  const { options, settings, mode, run } = context;
  const store = openTokenFiles(run.path, options.tokenizer.vocabulary.tokens.length);
  try {
    const random = new Mt19937(settings.seed);
    const documents = shuffledDocuments(documentCount(store.documents), random);
    const shards = planShards(documents, store.documents, settings.dupeFactor);
    const source = {
      store,
      documents,
      settings,
      vocabulary: maskingVocabularyOf(options.tokenizer),
      plain: corpus.specials === 0,
    };
    const finished = new Map<number, FinishedShard>();
    for (const { index } of shards) {
      const earlier = await run.load<FinishedShard>(`shard-${index}`);
      if (earlier !== null) finished.set(index, earlier);
    }
    const save = (index: number, result: FinishedShard): Promise<void> => run.save(`shard-${index}`, result);
    const finish = (index: number, result: FinishedShard): void => {
      finished.set(index, result);
      options.onProgress?.("make", finished.size, shards.length);
    };
    const keep = async (index: number, result: FinishedShard): Promise<void> => {
      await save(index, result);
      finish(index, result);
    };
    const open = shards.filter(({ index }) => !finished.has(index));
    if (mode === "parallel")
      await makeShardsInThreads(source, open, {
        folder: run.path,
        threads: options.threads ?? 1,
        keep,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
    else {
      // Plans are of no use when some shards are in files, or tokens have to be read from one.
      const isPlanned = finished.size === 0 && isInMemory(store);
      const bytes = LEAST_PLANNED_BYTES + PLANNED_BYTES_A_TOKEN * corpus.tokens * settings.dupeFactor;
      const maker = new InstanceMaker(source, isPlanned ? Math.min(PLANNED_BYTES, bytes) : 0);
      if (isPlanned) planned.open(maker);
      await makeExactly(maker, settings, shards, random, {
        folder: run.path,
        planned,
        finished,
        save,
        finish,
        signal: options.signal,
      });
    }
    const statistics = emptyStatistics(settings.maxLength);
    for (const { index } of shards) addStatistics(statistics, requireFinished(finished, index).statistics);
    return { shards, statistics, documents: documents.length, random };
  } finally {
    store.close();
  }
}

interface ExactSteps {
  readonly folder: string;
  readonly planned: PlannedShards;
  readonly finished: ReadonlyMap<number, FinishedShard>;
  /** Notes that a shard is in a file. */
  readonly save: (index: number, result: FinishedShard) => Promise<void>;
  readonly finish: (index: number, result: FinishedShard) => void;
  readonly signal: AbortSignal | undefined;
}

/** One shard after another from one generator, whose state is kept with each. */
async function makeExactly(
  maker: InstanceMaker,
  settings: InstanceSettings,
  shards: readonly Shard[],
  random: Mt19937,
  { folder, planned, finished, save, finish, signal }: ExactSteps,
): Promise<void> {
  // The disk takes one shard while the next is being made.
  let before: Promise<void> = Promise.resolve();
  for (const shard of shards) {
    const { index } = shard;
    const state = finished.get(index)?.state;
    if (state !== undefined) {
      random.restore(Uint32Array.from(state));
      continue;
    }
    const statistics = emptyStatistics(settings.maxLength);
    if (planned.plan(shard, random, statistics)) {
      const result = { statistics, state: [...random.save()] };
      planned.finish(index, () => save(index, result));
      finish(index, result);
      await nextTurn();
      signal?.throwIfAborted();
      continue;
    }
    await planned.spill();
    const target = await openAtomic(spillPath(folder, index));
    const made = await makeShard(maker, settings, shard, random, target, signal);
    const result = { ...made.result, state: [...random.save()] };
    try {
      await before;
    } catch (error) {
      await made.discard();
      throw error;
    }
    before = made
      .commit()
      .then(() => save(index, result))
      .then(() => finish(index, result));
    // A failure is thrown where it is waited for; until then nobody may call it unhandled.
    before.catch(() => undefined);
  }
  await before;
}

async function writeStep(context: RunContext, made: Made, planned: PlannedShards): Promise<string[]> {
  const { options, run, out } = context;
  const widths = widthsOf(context);
  const paths = out === null ? [] : outputPaths(out, options.outputFiles ?? 1);
  const sinks = await openSinks(options, paths, widths);
  const total = made.statistics.instances;
  const order = new Uint32Array(total);
  for (let index = 0; index < total; index++) order[index] = index;
  made.random.shuffle(order, total);
  const output = roundRobin(sinks);
  const shuffle = {
    order,
    output,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onProgress: (done: number) => options.onProgress?.("write", done, total),
  };
  try {
    if (planned.hasAll(made.shards.length)) {
      planned.order = order;
      await writeRecords(planned, 0, shuffle);
    } else {
      await planned.spill();
      const spills = made.shards.map(({ index }) => spillPath(run.path, index));
      await shuffleRecords({ ...shuffle, spills, folder: run.path, widths });
    }
    await output.commit();
    return paths;
  } catch (error) {
    await output.discard();
    throw error;
  }
}

async function openSinks(
  { out, format }: WriteInstancesOptions,
  paths: readonly string[],
  widths: InstanceWidths,
): Promise<RecordSink[]> {
  if (typeof out !== "string")
    return [jsonLinesSink(out, { commit: async () => undefined, discard: async () => undefined })];
  const sinks: RecordSink[] = [];
  try {
    for (const path of paths) sinks.push(await createInstanceFile(path, format, widths));
    return sinks;
  } catch (error) {
    for (const sink of sinks) await sink.discard();
    throw error;
  }
}

function requireFinished(finished: ReadonlyMap<number, FinishedShard>, index: number): FinishedShard {
  const shard = finished.get(index);
  if (shard === undefined) throw internalError(`shard ${index} was not made`);
  return shard;
}
