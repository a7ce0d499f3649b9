/** @file `npm run bench -- NAME [options]`: one benchmark per stage. Peers run when CLINICALBERT_PEERS names their environments. */
interface Bench {
  /** One line for the list. */
  readonly summary: string;
  /** Runs with the arguments that follow the name and prints what it measured. */
  run(args: readonly string[]): Promise<void>;
}

const BENCHES: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  text: () => import("./text.js"),
  synthesize: () => import("./synthesize.js"),
  inference: () => import("./inference.js"),
  quantized: () => import("./quantized.js"),
  pretrain: () => import("./pretrain.js"),
  finetune: () => import("./finetune.js"),
  "finetune-ner": () => import("./finetune-ner.js"),
  "open-texts": () => import("./open-texts.js"),
  tokens: () => import("./tokens.js"),
  "pretrain-profile": () => import("./pretrain-profile.js"),
  "pretraining-result": () => import("./pretraining-result.js"),
  spacy: () => import("./spacy.js"),
  browser: () => import("./browser.js"),
  page: () => import("./page.js"),
  serve: () => import("./serve.js"),
};

const [name, ...args] = process.argv.slice(2);
const load = BENCHES[name ?? ""];
if (load === undefined) {
  console.error(`usage: npm run bench -- NAME [options]; NAME is one of ${Object.keys(BENCHES).join(", ")}`);
  process.exitCode = 2;
} else {
  const { bench } = await load();
  console.log(`${name}: ${bench.summary}`);
  await bench.run(args);
}
