/** @file Writes the trained weights of a run as a Hugging Face folder. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { PRETRAINING_HEADS } from "../bert/parameters.js";
import { exportModelFolder } from "../checkpoint/folder/export-folder.js";
import { inferCase } from "../tokens/case-inference.js";
import { decodeVocabulary, type Vocabulary } from "../tokens/vocabulary.js";
import { WordPieceTokenizer } from "../tokens/wordpiece-tokenizer.js";
import { fileError } from "../util/file-error.js";
import type { ParameterVector } from "./parameter-vector.js";
import type { PretrainRecipe } from "./recipe.js";

/** `config.json`, `model.safetensors`, model card and, where the recipe names a vocabulary, the tokenizer files; `steps` made these weights. */
export async function saveModel(
  folder: string,
  recipe: PretrainRecipe,
  weights: ParameterVector,
  steps: number,
): Promise<void> {
  const { config, batchSize, learningRate, warmupSteps, dropout, seed, order, instances, heldOut } = recipe;
  const vocabulary = recipe.vocabulary === null ? null : await readVocabulary(recipe.vocabulary);
  await exportModelFolder(folder, {
    config,
    heads: PRETRAINING_HEADS,
    parameters: weights.tensors,
    tokenizer:
      vocabulary === null
        ? null
        : {
            wordpiece: new WordPieceTokenizer(vocabulary, {
              dialect: "huggingface",
              lowercase: inferCase(vocabulary).lowercase,
            }),
            maxLength: config.maxPositions,
          },
    card: {
      title: "A pretrained BERT",
      origin: recipe.init === null ? "random weights" : "published weights, pretrained further",
      facts: [
        ["updates", steps],
        ["batch", batchSize],
        ["peak learning rate", learningRate],
        ["warm-up steps", warmupSteps],
        ["dropout", dropout],
        ["seed", seed],
        ["starting weights", recipe.init === null ? "random" : basename(recipe.init)],
        ["instance files", listed(instances)],
        ["held-out instance files", listed(heldOut)],
        ["order of instances", order],
      ],
    },
    onnx: [],
  });
}

/** Names without their folders, which can name a person or a machine. */
function listed(files: readonly string[]): string {
  return files.length === 0 ? "none" : files.map((file) => basename(file)).join(", ");
}

async function readVocabulary(path: string): Promise<Vocabulary> {
  try {
    return decodeVocabulary(await readFile(path));
  } catch (error) {
    throw fileError(error, path);
  }
}
