/** @file Starts and stops the server: models, threads, HTTP, in this order; and back. */
import type { AddressInfo } from "node:net";
import { totalmem } from "node:os";
import { type DestinationStream, pino } from "pino";
import { ClinicalBertError } from "../errors.js";
import { createApp } from "./app.js";
import { openAuditLog } from "./audit-log.js";
import { startEngine } from "./engine.js";
import { createMetrics } from "./metrics.js";
import { isLoopback } from "./origin-guard.js";
import { openServedModels } from "./served-model.js";
import { chooseWorkerCount } from "./worker-count.js";
import type { ServeSettings } from "./settings.js";
import { watchSilentConnections } from "./silent-connections.js";

export interface RunningServer {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly port: number;
  readonly models: readonly string[];
  /** Refuses what comes, finishes what was accepted, ends the threads. */
  stop(): Promise<void>;
  /** Rejects when the server cannot go on. */
  readonly failed: Promise<never>;
}

export interface ServeIo {
  /** Where the log goes, one JSON object a line. */
  readonly log: DestinationStream;
  /** Told what a user should know of the models. */
  notice(text: string): void;
}

const SWEEP_MS = 50;
/** For a request that is on its way when the server stops, so that it is told so. */
const SILENT_MS = 500;

/** Throws `SERVER_EXPOSED`, `SERVER_ADDRESS`, and what loading a model throws. */
export async function startServer(settings: ServeSettings, io: ServeIo): Promise<RunningServer> {
  if (!isLoopback(settings.host) && settings.keys.length === 0 && !settings.insecure)
    throw new ClinicalBertError("SERVER_EXPOSED", `${settings.host} is an address that others reach.`, {
      details: { host: settings.host },
    });
  // Nothing of a request is ever given to the log but what `endRequest` names.
  const log = pino(
    { level: settings.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    io.log,
  );
  const models = await openServedModels(settings, io.notice);
  const metrics = createMetrics();
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  const weightBytes = models.reduce((sum, each) => sum + each.weightBytes, 0);
  const workers = settings.workers ?? chooseWorkerCount(settings.threads, weightBytes, memoryBytes());
  const engine = await startEngine({
    models,
    settings: { ...settings, workers },
    limits: settings.limits,
    batch: settings.batch,
    onBatch: (batch) => metrics.batch(models[batch.lane.model]!.info.id, batch),
    onDeath(thread, { details }) {
      metrics.died(thread);
      log.error({ thread, why: details["why"] }, "a thread died");
    },
    onHopeless: (error) => fail(error),
  });
  metrics.watch(engine.batcher);
  const audit =
    settings.auditLog === null
      ? null
      : await openAuditLog(settings.auditLog, ({ name }) => log.error({ error: name }, "audit log failed"));
  let isStopping = false;
  try {
    const app = await createApp({
      settings,
      models,
      engine,
      metrics,
      log,
      audit,
      isStopping: () => isStopping,
    });
    const closeSilent = watchSilentConnections(app.server);
    await app.listen({ host: settings.host, port: settings.port }).catch((error: NodeJS.ErrnoException) => {
      throw new ClinicalBertError(
        "SERVER_ADDRESS",
        `${settings.host}, port ${settings.port}: it cannot be listened on (${error.code ?? error.name}).`,
        { details: { host: settings.host, port: settings.port } },
      );
    });
    const { port } = app.server.address() as AddressInfo;
    const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
    const url = `http://${host}:${port}`;
    log.info({ url, models: models.map(({ info }) => `${info.id} ${info.sha256}`) }, "ready");
    return {
      url,
      port,
      models: models.map(({ info }) => info.id),
      failed,
      async stop() {
        isStopping = true;
        log.info("stopping");
        // Answers that were being written when the signal came have kept their connections open.
        const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS);
        const silence = setTimeout(closeSilent, SILENT_MS);
        // By now every answer is made; a client that takes a file byte by byte would never let the server end.
        const end = setTimeout(() => app.server.closeAllConnections(), settings.limits.requestMs);
        // Resolves when every request that is in work has been answered.
        await app.close().finally(() => {
          clearInterval(sweep);
          clearTimeout(silence);
          clearTimeout(end);
        });
        await engine.close();
        await audit?.close();
      },
    };
  } catch (error) {
    await engine.close();
    await audit?.close();
    throw error;
  }
}

/** That this process may use: of the machine, or less in a container. */
function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
