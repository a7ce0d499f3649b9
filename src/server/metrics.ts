/** @file Prometheus metrics of the server: counts, sizes, times. Labels come from the server's own lists, never from a request. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Batcher, BatchReport } from "./batcher.js";
import type { ThreadName } from "./threads.js";

export interface Metrics {
  readonly registry: Registry;
  request(route: string, status: number, seconds: number): void;
  texts(model: string, inputs: number, tokens: number): void;
  batch(model: string, report: BatchReport): void;
  refused(code: string): void;
  /** A thread died and was started anew. */
  died(thread: ThreadName): void;
  /** Requests that were accepted and not answered yet. */
  open(count: number): void;
  watch(batcher: Batcher): void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60];
const TOKENS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Counter({
    name: "clinicalbert_requests_total",
    help: "Requests by route and status",
    labelNames: ["route", "status"],
    registers,
  });
  const seconds = new Histogram({
    name: "clinicalbert_request_seconds",
    help: "Time from the headers of a request to the end of its answer",
    labelNames: ["route"],
    buckets: SECONDS,
    registers,
  });
  const inputs = new Counter({
    name: "clinicalbert_inputs_total",
    help: "Inputs answered",
    labelNames: ["model"],
    registers,
  });
  const tokens = new Counter({
    name: "clinicalbert_tokens_total",
    help: "Tokens of answered inputs",
    labelNames: ["model"],
    registers,
  });
  const refusals = new Counter({
    name: "clinicalbert_refused_total",
    help: "Requests refused or failed, by error code",
    labelNames: ["code"],
    registers,
  });
  const batchTokens = new Histogram({
    name: "clinicalbert_batch_tokens",
    help: "Tokens of a batch, padding included",
    labelNames: ["model", "head"],
    buckets: TOKENS,
    registers,
  });
  const batchSeconds = new Histogram({
    name: "clinicalbert_batch_seconds",
    help: "Time of a batch in the model",
    labelNames: ["model", "head"],
    buckets: SECONDS,
    registers,
  });
  const padding = new Counter({
    name: "clinicalbert_padding_tokens_total",
    help: "Tokens computed only to fill batches",
    labelNames: ["model", "head"],
    registers,
  });
  const waited = new Histogram({
    name: "clinicalbert_queue_seconds",
    help: "Time in the queue of the row of a batch that waited longest",
    buckets: SECONDS,
    registers,
  });
  const deaths = new Counter({
    name: "clinicalbert_thread_deaths_total",
    help: "Threads that died and were started anew",
    labelNames: ["thread"],
    registers,
  });
  const open = new Gauge({ name: "clinicalbert_open_requests", help: "Requests in work", registers });
  return {
    registry,
    request(route, status, time) {
      requests.inc({ route, status });
      seconds.observe({ route }, time);
    },
    texts(model, count, tokenCount) {
      inputs.inc({ model }, count);
      tokens.inc({ model }, tokenCount);
    },
    batch(model, report) {
      const labels = { model, head: report.lane.head };
      batchTokens.observe(labels, report.padded);
      batchSeconds.observe(labels, report.milliseconds / 1000);
      padding.inc(labels, report.padded - report.tokens);
      waited.observe(report.waited / 1000);
    },
    refused: (code) => refusals.inc({ code }),
    died: (thread) => deaths.inc({ thread }),
    open: (count) => open.set(count),
    watch(batcher) {
      new Gauge({
        name: "clinicalbert_queue_tokens",
        help: "Tokens that wait for a model",
        registers,
        collect() {
          this.set(batcher.tokens);
        },
      });
    },
  };
}
