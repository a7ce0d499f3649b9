/** @file The list of commands: name, one line of help, and where its file is. Loaded one at a time, so that help is instant. */
import type { CliCommand } from "./context.js";

interface CommandEntry {
  readonly summary: string;
  load(): Promise<{ readonly command: CliCommand }>;
}

/** In the order of the help: the way of the data. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  demo: {
    summary: "pretrain a small BERT on synthetic or real notes in three minutes, with a report",
    load: () => import("./commands/demo.js"),
  },
  synthesize: {
    summary: "write MIMIC-shaped synthetic notes",
    load: () => import("./commands/synthesize.js"),
  },
  sections: {
    summary: "notes to sections, as JSON lines",
    load: () => import("./commands/sections.js"),
  },
  sentences: {
    summary: "texts or notes to sentences, as JSON lines",
    load: () => import("./commands/sentences.js"),
  },
  format: {
    summary: "notes to a corpus of one sentence a line",
    load: () => import("./commands/format.js"),
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
    summary: "pretrain a BERT on notes or instances, resumable to the bit",
    load: () => import("./commands/pretrain.js"),
  },
  report: {
    summary: "one page about a pretraining run, or several compared",
    load: () => import("./commands/report.js"),
  },
  gradients: {
    summary: "write the loss and gradients of a batch, to compare implementations",
    load: () => import("./commands/gradients.js"),
  },
  convert: {
    summary: "a model of any format to Hugging Face, safetensors, PyTorch or TensorFlow files",
    load: () => import("./commands/convert.js"),
  },
  inspect: {
    summary: "the tensors of a weights file, or how far two differ",
    load: () => import("./commands/inspect.js"),
  },
  verify: {
    summary: "prove that a published model is read as Python's transformers reads it",
    load: () => import("./commands/verify.js"),
  },
  finetune: {
    summary: "train a tagger or classifier on labelled examples and test it, resumable",
    load: () => import("./commands/finetune.js"),
  },
  reproduce: {
    summary: "the paper again: every figure that the data allow beside its Table 2",
    load: () => import("./commands/reproduce.js"),
  },
  evaluate: {
    summary: "score predictions or a fine-tuned model: conlleval, i2b2, seqeval, accuracy, de-identification",
    load: () => import("./commands/evaluate.js"),
  },
  "convert-annotations": {
    summary: "annotations of one format to another: brat, CoNLL, i2b2, PubTator, JSON lines",
    load: () => import("./commands/convert-annotations.js"),
  },
  predict: {
    summary: "classes of texts and entities of notes by a fine-tuned model, as JSON lines",
    load: () => import("./commands/predict.js"),
  },
  embed: {
    summary: "texts to vectors, as JSON lines",
    load: () => import("./commands/embed.js"),
  },
  "fill-mask": {
    summary: "the likeliest tokens in the place of [MASK], as JSON lines",
    load: () => import("./commands/fill-mask.js"),
  },
  serve: {
    summary: "models behind HTTP, with a page: embeddings, entities, masks, sections",
    load: () => import("./commands/serve.js"),
  },
  purge: {
    summary: "remove a run, a demonstration or a corpus with all that it holds of patients",
    load: () => import("./commands/purge.js"),
  },
};
