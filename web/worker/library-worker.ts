/** @file A worker with the library in it: notes are read and models run here, so that the page never waits. */
import {
  AutoModel,
  AutoTokenizer,
  createRuleSentenceSplitter,
  createSectionSplitter,
  forgetModels,
  openNoteTagger,
  type Pipeline,
  type PipelineTask,
  pipeline,
  splitNoteSentences,
  synthesizeNotes,
  type WebPretrainedOptions,
} from "clinicalbert/browser";
import type { CallMessage, ModelAddress, WorkerCalls, WorkerMessage } from "./messages.js";

const sections = createSectionSplitter();
const sentences = createRuleSentenceSplitter();
const TOP = 10;

/** Loaded once for each model; a failure is forgotten, so that the next call tries again. */
const loaded = new Map<string, Promise<unknown>>();

function once<T>(key: string, load: () => Promise<T>): Promise<T> {
  const known = loaded.get(key) as Promise<T> | undefined;
  if (known !== undefined) return known;
  const made = load();
  loaded.set(key, made);
  made.catch(() => loaded.delete(key));
  return made;
}

function options({ revision, files, authorization, dtype }: ModelAddress): WebPretrainedOptions {
  return {
    revision,
    dtype,
    device: "auto",
    on_notice: () => {},
    progress_callback: ({ file, loaded: bytes, total }) =>
      send({ kind: "progress", progress: { file, loaded: bytes, total } }),
    fetch: async (url, init) => {
      if (!files.includes(url.slice(url.lastIndexOf("/") + 1))) return new Response(null, { status: 404 });
      return fetch(url, { ...init, ...(authorization === null ? {} : { headers: { authorization } }) });
    },
  };
}

function keyOf(what: string, { url, revision }: ModelAddress): string {
  return `${what} ${url} ${revision}`;
}

function pipelineOf<N extends PipelineTask>(task: N, model: ModelAddress): Promise<Pipeline<N>> {
  return once(keyOf(task, model), async () => {
    return (await pipeline(task, model.url, options(model))) as unknown as Pipeline<N>;
  });
}

const tokenizerOf = (model: ModelAddress) =>
  once(keyOf("tokenizer", model), () => AutoTokenizer.from_pretrained(model.url, options(model)));

const taggerOf = (model: ModelAddress) =>
  once(keyOf("tagger", model), () => openNoteTagger(model.url, options(model)));

const encoderOf = (model: ModelAddress) =>
  once(keyOf("encoder", model), () => AutoModel.from_pretrained(model.url, options(model)));

const calls: {
  readonly [K in keyof WorkerCalls]: (
    ...args: Parameters<WorkerCalls[K]>
  ) => ReturnType<WorkerCalls[K]> | Promise<ReturnType<WorkerCalls[K]>>;
} = {
  outline(text) {
    return {
      sections: sections.split(text).map(({ spans, title, category }) => ({ spans, title, category })),
      sentences: splitNoteSentences(text, sections, sentences).map(({ spans }) => spans),
    };
  },
  madeUp(seed) {
    const notes = [...synthesizeNotes({ seed, count: 8 })];
    return notes.reduce((longest, { text }) => (text.length > longest.length ? text : longest), "");
  },
  sentencesOf(texts) {
    return texts.map((text) => splitNoteSentences(text, sections, sentences).map(({ spans }) => spans));
  },
  async pieces(model, text) {
    const { wordpiece } = await tokenizerOf(model);
    const { spans, wordIds, tokens } = wordpiece.encode(text, { addSpecialTokens: false });
    const bounds = new Int32Array(2 * spans.length);
    for (const [index, span] of spans.entries()) bounds.set(span!, 2 * index);
    return { bounds, words: new Int32Array(wordIds), tokens };
  },
  async entities(model, text) {
    const tagger = await taggerOf(model);
    return (await tagger.tag([text]))[0]!;
  },
  async fillMask(model, text) {
    const fill = await pipelineOf("fill-mask", model);
    return fill(text, { top_k: TOP });
  },
  async attention(model, text, layer, head) {
    const tokenizer = await tokenizerOf(model);
    const encoder = await encoderOf(model);
    const encoding = tokenizer.wordpiece.encode(text);
    const { attentions } = await encoder({ ...tokenizer(text), output_attentions: true });
    return {
      tokens: encoding.tokens,
      spans: encoding.spans,
      weights: attentions![layer]!.row(0).row(head).tolist() as number[][],
    };
  },
  async embed(model, texts, pooling) {
    const extract = await pipelineOf("feature-extraction", model);
    const vectors = await extract(texts, { pooling, normalize: true });
    return Array.from(vectors, (vector) => Float32Array.from(vector.data as Float32Array));
  },
  forget: () => forgetModels(),
};

function send(message: WorkerMessage): void {
  postMessage(message);
}

addEventListener("message", async ({ data: { id, name, args } }: MessageEvent<CallMessage>) => {
  try {
    const call = calls[name] as (...values: readonly unknown[]) => unknown;
    send({ kind: "result", id, result: await call(...args) });
  } catch (error) {
    send({ kind: "error", id, message: error instanceof Error ? error.message : String(error) });
  }
});
