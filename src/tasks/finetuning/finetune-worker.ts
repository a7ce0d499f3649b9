/** @file The worker thread of a fine-tuning run. */
import { serveJob } from "../../util/stoppable-worker.js";
import { finetune } from "./finetune.js";

await serveJob(finetune);
