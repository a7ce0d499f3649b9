/** @file The list of commands: name, one line of help, and where its file is. Loaded one at a time, so that help is instant. */
import type { CliCommand } from "./context.js";

interface CommandEntry {
  readonly summary: string;
  load(): Promise<{ readonly command: CliCommand }>;
}

/** In the order of the help: the way of the data. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  synthesize: {
    summary: "write MIMIC-shaped synthetic notes",
    load: () => import("./commands/synthesize.js"),
  },
  vocab: {
    summary: "learn word pieces from a corpus, or extend a vocabulary",
    load: () => import("./commands/vocab.js"),
  },
  tokenize: {
    summary: "texts to word pieces, as JSON lines",
    load: () => import("./commands/tokenize.js"),
  },
  instances: {
    summary: "a formatted corpus to pretraining instances",
    load: () => import("./commands/instances.js"),
  },
  pretrain: {
    summary: "pretrain a BERT on instances, resumable to the bit",
    load: () => import("./commands/pretrain.js"),
  },
  gradients: {
    summary: "write the loss and gradients of a batch, to compare implementations",
    load: () => import("./commands/gradients.js"),
  },
};
