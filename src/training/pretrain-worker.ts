/** @file The worker thread of a pretraining run. */
import { serveJob } from "../util/stoppable-worker.js";
import { pretrain } from "./pretrain.js";

await serveJob(pretrain);
