/** @file `clinicalbert serve`: models behind HTTP, with a page. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { ClinicalBertError } from "../../errors.js";
import { parseKeys, readKeyFile } from "../../server/keys.js";
import { startServer } from "../../server/server.js";
import { type ApiKey, DEFAULT_LIMITS, type ModelSource } from "../../server/settings.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { byteSize, oneOf, wholeNumber } from "../options.js";
import { packageVersion } from "../../util/package-version.js";

interface Flags {
  readonly model: readonly ModelSource[];
  readonly dtype: "fp32" | "q8";
  readonly threads: number;
  readonly workers?: number;
  readonly revision?: string;
  readonly offline?: boolean;
  readonly host: string;
  readonly port: number;
  readonly apiKeyFile?: string;
  readonly insecure?: boolean;
  readonly allowHost: readonly string[];
  readonly allowOrigin: readonly string[];
  readonly runs?: string;
  readonly page: boolean;
  readonly auditLog?: string;
  readonly logLevel: string;
  readonly maxBody: number;
  readonly maxInputs: number;
  readonly maxTokens: number;
  readonly maxRequests: number;
  readonly maxQueue: number;
  readonly maxConnections: number;
  readonly timeout: number;
  readonly requestsPerMinute: number;
  readonly requestsPerKey: number;
  readonly batchTokens: number;
  readonly batchWait: number;
}

const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"];
const PAGE = fileURLToPath(new URL("../../web", import.meta.url));

export const command: CliCommand = {
  configure(command, context) {
    command
      .requiredOption(
        "--model <source>",
        "DIR, weights file or hub id, or NAME=SOURCE; again for more",
        addModel,
        [],
      )
      .option("--host <address>", "address to listen on; others than loopback need an API key", "127.0.0.1")
      .option("--port <n>", "0 takes a free one", wholeNumber(0, 65_535), 8080)
      .option("--runs <dir>", "show the training runs under this folder")
      .option("--no-page", "serve no page")
      .option("--dtype <type>", "fp32 or q8", oneOf(["fp32", "q8"]), "fp32")
      .option("--threads <n>", "threads of the arithmetic", wholeNumber(1), availableParallelism())
      .option(
        "--workers <n>",
        "copies of the models that work at the same time; default one a thread, at most 4",
        wholeNumber(1, 64),
      )
      .option("--revision <name>", "branch, tag or commit of a hub id")
      .option("--offline", "open no connection: hub ids come from the cache")
      .option("--api-key-file <file>", "lines NAME:KEY; or one key in CLINICALBERT_API_KEY")
      .option("--insecure", "listen on another address than loopback without a key")
      .option("--allow-host <name>", "name under which requests may come; again for more", collect, [])
      .option(
        "--allow-origin <origin>",
        "origin of a web page that may call (CORS); again for more",
        collect,
        [],
      )
      .option("--audit-log <file>", "append a line for every request: who, what, how much, never text")
      .option("--log-level <level>", LOG_LEVELS.join(", "), oneOf(LOG_LEVELS), "info")
      .option("--max-body <size>", "bytes of a request", byteSize, DEFAULT_LIMITS.bodyBytes)
      .option("--max-inputs <n>", "inputs of a request", wholeNumber(1), DEFAULT_LIMITS.inputs)
      .option("--max-tokens <n>", "tokens of a request", wholeNumber(1), DEFAULT_LIMITS.requestTokens)
      .option("--max-requests <n>", "requests in work; more get 429", wholeNumber(1), DEFAULT_LIMITS.requests)
      .option(
        "--max-queue <n>",
        "tokens that wait; more get 429",
        wholeNumber(1),
        DEFAULT_LIMITS.queuedTokens,
      )
      .option("--max-connections <n>", "open connections", wholeNumber(1), DEFAULT_LIMITS.connections)
      .option("--timeout <ms>", "milliseconds for a request", wholeNumber(1), DEFAULT_LIMITS.requestMs)
      .option("--requests-per-minute <n>", "of one key; 0 = no limit", wholeNumber(0), 0)
      .option("--requests-per-key <n>", "of one key at once; 0 = no limit", wholeNumber(0), 0)
      .option("--batch-tokens <n>", "tokens of a batch, padding included", wholeNumber(1), 1024)
      .option(
        "--batch-wait <ms>",
        "longest wait of an idle model for requests on their way",
        wholeNumber(0),
        5,
      )
      .action((flags: Flags) => serve(flags, context));
    addExamples(
      command,
      "clinicalbert serve --model ./model",
      "clinicalbert serve --model emilyalsentzer/Bio_ClinicalBERT --model ner=./ner --runs ./runs --port 8080",
      "(umask 077; echo ward:$(openssl rand -hex 24) > keys) && clinicalbert serve --model ./model --host 0.0.0.0 --api-key-file keys",
    );
    command.addHelpText(
      "after",
      `
When it is ready, one JSON line with its address goes to standard output; the log, one JSON object a line, to standard error.
SIGTERM: what was accepted is answered, the rest refused; a second signal ends it at once. See docs/serving.md.
`,
    );
  },
};

async function serve(flags: Flags, context: CliContext): Promise<void> {
  if (flags.model.length === 0) throw new ClinicalBertError("USAGE", "serve needs at least one --model.");
  const keys = await readKeys(flags);
  if (flags.runs !== undefined && !existsSync(flags.runs))
    context.stderr.write(
      `clinicalbert: ${flags.runs} does not exist yet; its runs are shown as soon as it does.\n`,
    );
  const server = await startServer(
    {
      models: flags.model,
      dtype: flags.dtype,
      threads: flags.threads,
      workers: flags.workers ?? null,
      ...(flags.revision === undefined ? {} : { revision: flags.revision }),
      offline: flags.offline === true,
      host: flags.host,
      port: flags.port,
      keys,
      insecure: flags.insecure === true,
      allowedHosts: flags.allowHost,
      allowedOrigins: flags.allowOrigin,
      limits: {
        ...DEFAULT_LIMITS,
        bodyBytes: flags.maxBody,
        inputs: flags.maxInputs,
        requestTokens: flags.maxTokens,
        requests: flags.maxRequests,
        queuedTokens: flags.maxQueue,
        connections: flags.maxConnections,
        requestMs: flags.timeout,
        requestsPerMinute: flags.requestsPerMinute,
        requestsPerKey: flags.requestsPerKey,
      },
      batch: { tokens: flags.batchTokens, waitMs: flags.batchWait },
      runs: flags.runs ?? null,
      page: flags.page && existsSync(PAGE) ? PAGE : null,
      auditLog: flags.auditLog ?? null,
      logLevel: flags.logLevel,
      version: packageVersion(),
    },
    {
      log: context.stderr,
      notice: (text) => context.stderr.write(`clinicalbert: ${text}\n`),
    },
  );
  try {
    context.stdout.write(
      `${JSON.stringify({ url: server.url, port: server.port, models: server.models })}\n`,
    );
    await Promise.race([server.failed, stopped(context.signal)]);
  } finally {
    await server.stop();
  }
}

async function readKeys({ apiKeyFile }: Flags): Promise<ApiKey[]> {
  const fromFile = apiKeyFile === undefined ? [] : await readKeyFile(apiKeyFile);
  const single = process.env["CLINICALBERT_API_KEY"];
  return single === undefined || single === ""
    ? fromFile
    : [...fromFile, ...parseKeys(`environment:${single}`, "CLINICALBERT_API_KEY")];
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** `NAME=SOURCE`, where the part before `=` is no path. */
function addModel(text: string, before: readonly ModelSource[]): ModelSource[] {
  const [, id, source] = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63})=(.+)$/s.exec(text) ?? [];
  return [...before, id === undefined ? { id: null, source: text } : { id, source: source! }];
}

function collect(text: string, before: readonly string[]): string[] {
  return [...before, text];
}
