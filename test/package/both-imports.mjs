/**
 * One program for both libraries: node both-imports.mjs MODULE FOLDER
 * MODULE is "@huggingface/transformers" or the built clinicalbert; FOLDER holds exported models.
 */
const [, , moduleName, folder] = process.argv;
const { AutoTokenizer, AutoModel, AutoModelForMaskedLM, AutoConfig, pipeline, env } = await import(
  moduleName
);
// Only transformers.js has settings that are global.
if (env) Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: "" });

const TEXTS = ["patient denies chest pain , fever and tachycardia .", "he has no acute distress"];
const options = { dtype: "fp32", local_files_only: true };
const result = {};

const config = await AutoConfig.from_pretrained(`${folder}/token-classification`, options);
result.labels = config.id2label;

const tokenizer = await AutoTokenizer.from_pretrained(`${folder}/pretraining`, options);
const inputs = tokenizer(TEXTS, { padding: true, truncation: true });
result.inputs = Object.fromEntries(
  Object.entries(inputs).map(([name, tensor]) => [name, tensor.tolist().map((row) => row.map(Number))]),
);
result.array = tokenizer("he has fever", { return_tensor: false }).input_ids;
result.pair = tokenizer(TEXTS[0], { text_pair: TEXTS[1] }).token_type_ids.tolist()[0].map(Number);
result.decoded = tokenizer.decode(inputs.input_ids[0], { skip_special_tokens: true });
result.encoded = tokenizer.encode("he has fever");
result.tokens = tokenizer.tokenize("he has fever");

const masked = await AutoModelForMaskedLM.from_pretrained(`${folder}/pretraining`, options);
const { logits } = await masked(inputs);
result.logits = { dims: logits.dims, type: logits.type, first: logits[0][1].tolist() };

const encoder = await AutoModel.from_pretrained(`${folder}/encoder`, options);
const outputs = await encoder(tokenizer(TEXTS[0]));
result.hidden = { dims: outputs.last_hidden_state.dims, row: outputs.last_hidden_state[0][2].tolist() };

const fill = await pipeline("fill-mask", `${folder}/pretraining`, options);
result.fillings = await fill("patient denies [MASK] pain .", { top_k: 3 });
result.manyFillings = await fill(["he has [MASK] .", "no [MASK] distress"]);

const extract = await pipeline("feature-extraction", `${folder}/encoder`, options);
for (const pooling of ["mean", "cls"])
  result[pooling] = (await extract(TEXTS, { pooling, normalize: true })).tolist();
const none = await extract(TEXTS[0]);
result.none = { dims: none.dims, all: none.tolist() };
result.noneOfEmpty = (await extract("")).dims;
const half = await pipeline("feature-extraction", `${folder}/encoder`, {
  ...options,
  dtype: "fp16",
  device: "cpu",
});
result.half = (await half(TEXTS, { pooling: "mean" })).tolist();

const classify = await pipeline("text-classification", `${folder}/sequence-classification`, options);
result.best = await classify(TEXTS[0]);
result.bests = await classify(TEXTS);
result.all = await classify(TEXTS, { top_k: null });
result.allOfOne = await classify(TEXTS[0], { top_k: null });
result.two = await classify(TEXTS, { top_k: 2 });

const tag = await pipeline("ner", `${folder}/token-classification`, options);
const withoutOffsets = (entities) => entities.map(({ start, end, ...entity }) => entity);
result.entities = withoutOffsets(await tag(TEXTS[0]));
result.everyToken = (await tag(TEXTS, { ignore_labels: [] })).map(withoutOffsets);
result.groups = withoutOffsets(await tag(TEXTS[0], { aggregation_strategy: "simple", ignore_labels: [] }));

// What cannot be is refused by both, whatever words they use for it.
const refused = async (attempt) => {
  try {
    await attempt();
    return false;
  } catch {
    return true;
  }
};
result.refused = {
  task: await refused(() => pipeline("clairvoyance", `${folder}/encoder`, options)),
  folder: await refused(() => AutoModel.from_pretrained(`${folder}/nowhere`, options)),
  device: await refused(() =>
    AutoModel.from_pretrained(`${folder}/encoder`, { ...options, device: "abacus" }),
  ),
  pooling: await refused(() => extract(TEXTS[0], { pooling: "swimming" })),
  mask: await refused(() => fill("nothing to fill")),
};

for (const loaded of [masked, half, encoder, fill, extract, classify, tag]) await loaded.dispose();
console.log(JSON.stringify(result));
