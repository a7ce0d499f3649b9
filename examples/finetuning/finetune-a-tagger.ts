/**
 * @file Trains a tagger of entities on annotated texts, tests it on documents that it has not seen, and writes what it found as brat files.
 *
 * Usage: node --import tsx examples/finetuning/finetune-a-tagger.ts MODEL ANNOTATIONS.tsv FOLDER
 */
import {
  createFinetuneRecipe,
  type EntityExample,
  finetune,
  formatExamples,
  readExamples,
  readModelShape,
  predictedExamples,
  splitExamples,
  testModel,
  type EntityPrediction,
} from "../../src/tasks/index.js";

const [model, annotations, folder] = process.argv.slice(2) as [string, string, string];
const { examples } = await readExamples(annotations, "conll");
const data = splitExamples(examples, { shares: [80, 10, 10], unit: "document", seed: 1 });

const recipe = createFinetuneRecipe("ner", model, data.train, {
  epochs: 3,
  maxLength: 128,
  learningRate: 1e-3,
  threads: 1,
});
const outcome = await finetune(
  { recipe, data, folder },
  {
    onEvent: (event) => {
      if (event.kind === "epoch")
        console.log(`epoch ${event.epoch}: ${event.metric} ${event.score.toFixed(4)}`);
    },
    stopped: () => false,
  },
);
console.log(`test F1 ${outcome.result!.test!.score.toFixed(4)}, model in ${outcome.model!}`);

const { predictions } = await testModel(outcome.model!, await readModelShape(outcome.model!), data.test, {
  device: "cpu",
  threads: 1,
  signal: new AbortController().signal,
});
const found = predictedExamples(data.test as EntityExample[], predictions as readonly EntityPrediction[]);
const { files } = formatExamples(found, "brat");
console.log(`${files.length} brat files, the first is ${files[0]!.name}`);
