/**
 * @file The HTTP service under load, BERT-base shape, note sections of mixed lengths: throughput beside the offline rate and
 * other servers, a lone request beside the bare model, ten times too many requests, memory over many requests.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent } from "node:http";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BERT_BASE } from "../src/bert/config.js";
import {
  type Listening,
  percentile,
  processorSeconds,
  residentMiB,
  runLoad,
  sendOne,
  startListening,
} from "./http-load.js";
import { sectionLengths, textOf, writeModels } from "./inference.js";
import { median } from "./stopwatch.js";

const OPTIONS = {
  parts: { type: "string", default: "throughput,lone,overload,memory" },
  texts: { type: "string", default: "512" },
  clients: { type: "string", default: "64" },
  rounds: { type: "string", default: "3" },
  layers: { type: "string", default: "12" },
  hidden: { type: "string", default: "768" },
  threads: { type: "string", default: String(availableParallelism()) },
  only: { type: "string", default: "" },
  workers: { type: "string", default: "" },
  lone: { type: "string", default: "20" },
  overload: { type: "string", default: "10" },
  "overload-requests": { type: "string", default: "2000" },
  "memory-requests": { type: "string", default: "2000" },
} as const;

type Values = Record<keyof typeof OPTIONS, string>;

const BIN = fileURLToPath(new URL("../dist/cli/bin.js", import.meta.url));
const OURS = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const RUN = fileURLToPath(new URL("./inference-run.mjs", import.meta.url));
/** The command `embed` reads so many lines at once. */
const OFFLINE_BATCH = 256;
/** In work at once under overload; so many times `--overload` are sent. */
const OVERLOAD_LIMIT = 64;
const FIRST_PORT = 21_480;
const LONE_TOKENS = 128;

/** A server that is compared: how it is started, and what its requests look like. */
interface Served {
  readonly name: string;
  readonly route: string;
  readonly ready: string;
  command(folder: string, port: number): readonly [string, ...string[]];
  body(text: string): string;
}

export const bench = {
  summary: "the HTTP service under load, BERT-base shape, note sections of mixed lengths",
  async run(args: readonly string[]): Promise<void> {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const [H, L] = [Number(values.hidden), Number(values.layers)];
    const folder = await mkdtemp(join(tmpdir(), "bench-serve-"));
    try {
      await writeModels(folder, {
        ...BERT_BASE,
        hiddenSize: H,
        layerCount: L,
        headCount: H / 64,
        intermediateSize: 4 * H,
      });
      const lengths = sectionLengths(Number(values.texts));
      const texts = lengths.map(textOf);
      const tokens = lengths.reduce((sum, length) => sum + length, 0);
      console.log(
        `${L} layers of ${H}, ${texts.length} sections, ${(tokens / texts.length).toFixed(0)} tokens on average, ` +
          `${values.clients} clients, ${values.threads} threads of ${availableParallelism()} cores`,
      );
      const model = join(folder, "model");
      const parts = values.parts.split(",");
      if (parts.includes("throughput")) await measureThroughput(folder, model, texts, tokens, values);
      if (parts.includes("lone")) await measureLone(folder, model, values);
      if (parts.includes("overload")) await measureOverload(model, texts, values);
      if (parts.includes("memory")) await measureMemory(model, texts, values);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function ours(name: string, values: Values, flags: readonly string[] = []): Served {
  return {
    name,
    route: "/embed",
    ready: "/health",
    command: (folder, port) => [
      process.execPath,
      BIN,
      "serve",
      "--model",
      folder,
      "--port",
      String(port),
      "--threads",
      values.threads,
      "--log-level",
      "silent",
      ...(flags.includes("--workers") || values.workers === "" ? [] : ["--workers", values.workers]),
      ...flags,
    ],
    body: (inputs) => JSON.stringify({ inputs }),
  };
}

/** Each in the virtual environment of its name under CLINICALBERT_PEERS. */
function peers(): Served[] {
  const environments = process.env["CLINICALBERT_PEERS"];
  if (environments === undefined) {
    console.log("peers: skipped, CLINICALBERT_PEERS is not set");
    return [];
  }
  return [
    {
      name: "infinity-emb fp32",
      route: "/embeddings",
      ready: "/health",
      command: (folder, port) => [
        join(environments, "infinity/bin/infinity_emb"),
        "v2",
        "--model-id",
        folder,
        "--port",
        String(port),
        "--host",
        "127.0.0.1",
        "--engine",
        "torch",
        "--device",
        "cpu",
        "--dtype",
        "float32",
        "--no-bettertransformer",
        "--no-model-warmup",
        "--served-model-name",
        "model",
      ],
      body: (input) => JSON.stringify({ model: "model", input: [input] }),
    },
    {
      name: "FastAPI + PyTorch fp32",
      route: "/embed",
      ready: "/health",
      command: (folder, port) => [
        join(environments, "serve/bin/python"),
        fileURLToPath(new URL("./peers/serve_fastapi.py", import.meta.url)),
        folder,
        String(port),
      ],
      body: (inputs) => JSON.stringify({ inputs }),
    },
  ];
}

let lastPort = FIRST_PORT;

async function withServer<T>(
  served: Served,
  folder: string,
  threads: string,
  work: (url: string, process: Listening) => Promise<T>,
): Promise<T> {
  const port = ++lastPort;
  const [command, ...args] = served.command(folder, port);
  const base = `http://127.0.0.1:${port}`;
  const listening = await startListening(command, args, base + served.ready, {
    OMP_NUM_THREADS: threads,
    HF_HUB_OFFLINE: "1",
    DO_NOT_TRACK: "1",
    INFINITY_ANONYMOUS_USAGE_STATS: "0",
  });
  try {
    return await work(base + served.route, listening);
  } finally {
    await listening.stop();
  }
}

/** Texts a second and processor time of each server and of the offline run, by turns. */
async function measureThroughput(
  folder: string,
  model: string,
  texts: readonly string[],
  tokens: number,
  values: Values,
): Promise<void> {
  const servers = [
    ours("clinicalbert fp32", values),
    ...peers(),
    ours("clinicalbert q8", values, ["--dtype", "q8"]),
    ours("clinicalbert fp32, one worker", values, ["--workers", "1"]),
  ].filter(({ name }) => name.includes(values.only));
  await writeFile(join(folder, "texts.json"), JSON.stringify(texts));
  const walls = new Map<string, number[]>();
  const cpus = new Map<string, number[]>();
  const note = (name: string, wall: number, cpu: number): void => {
    walls.set(name, [...(walls.get(name) ?? []), wall]);
    cpus.set(name, [...(cpus.get(name) ?? []), cpu]);
  };
  for (let round = 0; round < Number(values.rounds); round++) {
    const offline = runOffline({
      folder: model,
      textsFile: join(folder, "texts.json"),
      batch: OFFLINE_BATCH,
    });
    note("offline fp32", offline.wall, offline.cpu);
    for (const served of servers)
      await withServer(served, model, values.threads, async (url, { pid }) => {
        await loadWith(served, url, texts.slice(0, 8), 8);
        const before = processorSeconds(pid);
        const { seconds, answers } = await loadWith(served, url, texts, Number(values.clients));
        const failed = answers.filter(({ status }) => status !== 200).length;
        if (failed > 0) console.log(`${served.name}: ${failed} of ${answers.length} requests failed`);
        note(served.name, seconds, processorSeconds(pid) - before);
      });
  }
  const rate = (name: string): number => texts.length / median(walls.get(name)!);
  for (const name of walls.keys())
    console.log(
      `${name}: ${rate(name).toFixed(2)} texts/s, ${((rate(name) * tokens) / texts.length).toFixed(0)} tokens/s ` +
        `(${spread(walls.get(name)!)} s, processor ${spread(cpus.get(name)!)} s)`,
    );
  for (const name of walls.keys())
    if (walls.has("clinicalbert fp32") && name !== "clinicalbert fp32")
      console.log(
        `clinicalbert fp32 / ${name}: ${(rate("clinicalbert fp32") / rate(name)).toFixed(3)} by wall, ` +
          `${(median(cpus.get(name)!) / median(cpus.get("clinicalbert fp32")!)).toFixed(3)} by processor time`,
      );
}

function loadWith(served: Served, url: string, texts: readonly string[], clients: number) {
  let sent = 0;
  return runLoad({
    url,
    clients,
    next: () => (sent < texts.length ? served.body(texts[sent++]!) : null),
  });
}

/** One request at a time beside one call at a time of the library in a process of its own, by turns. */
async function measureLone(folder: string, model: string, values: Values): Promise<void> {
  const count = Number(values.lone);
  const texts = Array.from({ length: count }, (_, index) => textOf(LONE_TOKENS, index));
  await writeFile(join(folder, "lone.json"), JSON.stringify(texts));
  const served = ours("lone", values);
  const [bare, lone]: [number[], number[]] = [[], []];
  for (let round = 0; round < Number(values.rounds); round++) {
    bare.push(
      ...runOffline({ folder: model, textsFile: join(folder, "lone.json"), batch: 1, each: true })
        .milliseconds!,
    );
    await withServer(served, model, values.threads, async (url) => {
      const agent = new Agent({ keepAlive: true });
      for (const text of texts) lone.push((await sendOne(url, served.body(text), agent)).milliseconds);
      agent.destroy();
    });
  }
  console.log(
    `a lone request of ${LONE_TOKENS} tokens: ${median(lone).toFixed(1)} ms, the bare model ${median(bare).toFixed(1)} ms, ` +
      `ratio ${(median(lone) / median(bare)).toFixed(3)}`,
  );
}

/** So many clients that most are refused: answers or 429, and a bounded time for either. */
async function measureOverload(model: string, texts: readonly string[], values: Values): Promise<void> {
  const served = ours("overload", values, ["--max-requests", String(OVERLOAD_LIMIT)]);
  const clients = OVERLOAD_LIMIT * Number(values.overload);
  await withServer(served, model, values.threads, async (url) => {
    let sent = 0;
    const total = Number(values["overload-requests"]);
    const { seconds, answers } = await runLoad({
      url,
      clients,
      next: () => (sent < total ? served.body(texts[sent++ % texts.length]!) : null),
      restMs: 1000,
    });
    const times = (status: number): number[] =>
      answers.filter((answer) => answer.status === status).map(({ milliseconds }) => milliseconds);
    const [done, refused] = [times(200), times(429)];
    const other = answers.length - done.length - refused.length;
    console.log(
      `${clients} clients, ${OVERLOAD_LIMIT} taken at once: ${done.length} answered, ${refused.length} refused with 429, ` +
        `${other} failed, in ${seconds.toFixed(1)} s`,
    );
    console.log(
      `answered: p50 ${percentile(done, 0.5).toFixed(0)} ms, p99 ${percentile(done, 0.99).toFixed(0)} ms; ` +
        `refused: p50 ${percentile(refused, 0.5).toFixed(1)} ms, p99 ${percentile(refused, 0.99).toFixed(1)} ms; ` +
        `Retry-After ${spread(answers.flatMap(({ retryAfter }) => retryAfter ?? []))} s`,
    );
  });
}

/** Resident memory at each tenth of the requests. */
async function measureMemory(model: string, texts: readonly string[], values: Values): Promise<void> {
  const served = ours("memory", values);
  await withServer(served, model, values.threads, async (url, { pid }) => {
    const total = Number(values["memory-requests"]);
    const resident = [residentMiB(pid)];
    let sent = 0;
    const { seconds, answers } = await runLoad({
      url,
      clients: Number(values.clients),
      next: () => (sent < total ? served.body(texts[sent++ % texts.length]!) : null),
      onAnswer(count) {
        if (count % Math.ceil(total / 10) === 0) resident.push(residentMiB(pid));
      },
    });
    const failed = answers.filter(({ status }) => status !== 200).length;
    console.log(
      `memory over ${total} requests (${(total / seconds).toFixed(0)} a second, ${failed} failed): ${resident.join(" ")} MiB`,
    );
  });
}

interface Offline {
  readonly wall: number;
  readonly cpu: number;
  readonly milliseconds?: readonly number[];
}

function runOffline(run: object): Offline {
  const output = execFileSync(
    process.execPath,
    [RUN, JSON.stringify({ module: OURS, dtype: "fp32", sorted: false, ...run })],
    { encoding: "utf8", input: "\n" },
  );
  return JSON.parse(output.trim().split("\n").at(-1)!) as Offline;
}

function spread(values: readonly number[]): string {
  return values.length === 0 ? "-" : `${Math.min(...values).toFixed(2)}-${Math.max(...values).toFixed(2)}`;
}
