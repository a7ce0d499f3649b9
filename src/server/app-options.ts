/** @file What the HTTP face of the server is made with. */
import type { Logger } from "pino";
import type { AuditLog } from "./audit-log.js";
import type { Engine } from "./engine.js";
import type { Metrics } from "./metrics.js";
import type { ServedModel } from "./served-model.js";
import type { ServeSettings } from "./settings.js";

export interface AppOptions {
  readonly settings: ServeSettings;
  readonly models: readonly ServedModel[];
  readonly engine: Engine;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly audit: AuditLog | null;
  /** True from the stop signal on. */
  isStopping(): boolean;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answered without a key: there is nothing in it. */
    readonly isPublic?: boolean;
    /** Takes a place among the requests in work. */
    readonly isWork?: boolean;
  }
}
