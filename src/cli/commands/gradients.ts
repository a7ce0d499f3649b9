/** @file `clinicalbert gradients`: loss and every parameter's gradient on a batch, for comparison with another implementation. */
import { availableParallelism } from "node:os";
import { openModel } from "../../checkpoint/open-model.js";
import { writeSafetensors } from "../../checkpoint/safetensors/writer.js";
import { ClinicalBertError } from "../../errors.js";
import { openInstances } from "../../instances/open-instances.js";
import { createOrtRuntime } from "../../runtime/ort-node.js";
import { loadParameters } from "../../training/load-parameters.js";
import { createTrainingState, Pretrainer } from "../../training/pretrainer.js";
import { addExamples, type CliCommand } from "../context.js";
import { wholeNumber } from "../options.js";

interface GradientsFlags {
  readonly model: string;
  readonly instances: string[];
  readonly batch: number;
  readonly microBatch?: number;
  readonly threads: number;
  readonly out: string;
}

export const command: CliCommand = {
  configure(command, context) {
    command
      .requiredOption("--model <source>", "weights: a model folder, a weights file, a TensorFlow prefix")
      .requiredOption(
        "--instances <files...>",
        "native files or TFRecords; the first instances are the batch",
      )
      .requiredOption(
        "--out <file>",
        "safetensors file to write, one gradient a parameter under its canonical name",
      )
      .option("--batch <n>", "sequences", wholeNumber(1), 8)
      .option("--micro-batch <n>", "sequences at once in memory (default: --batch)", wholeNumber(1))
      .option("--threads <n>", "threads of the arithmetic", wholeNumber(1), availableParallelism())
      .action(async (flags: GradientsFlags) => {
        const losses = await writeGradients(flags);
        context.stdout.write(`${JSON.stringify(losses)}\n`);
      });
    addExamples(
      command,
      "clinicalbert gradients --model bert-tiny --instances a.tfrecord --batch 4 --out gradients.safetensors",
    );
    command.addHelpText(
      "after",
      "\nDropout is off. Losses go to stdout as JSON; the loss is the published one (masked LM + next sentence).\n",
    );
  },
};

async function writeGradients(flags: GradientsFlags): Promise<Record<string, number>> {
  const model = await openModel(flags.model);
  const { config } = model;
  await model.close();
  const instances = await openInstances(flags.instances);
  try {
    if (instances.count < flags.batch) {
      const message = `The files have ${instances.count} instances, --batch is ${flags.batch}.`;
      throw new ClinicalBertError("TRAINING_INSTANCE", message, {
        remedy: "Give a smaller --batch or more files.",
      });
    }
    const state = createTrainingState(config);
    const { initialized } = await loadParameters(state.weights, flags.model, config, 0);
    if (initialized.length > 0) {
      const message = `${flags.model} lacks ${initialized.join(", ")}.`;
      throw new ClinicalBertError("HEAD_MISSING", message, {
        remedy: "Give weights with both pretraining heads: random values would have no meaning here.",
      });
    }
    const trainer = await Pretrainer.create(
      await createOrtRuntime({ threads: flags.threads }),
      {
        config,
        shape: { maxLength: instances.maxLength, maxPredictions: instances.maxPredictions },
        schedule: { learningRate: 1, totalSteps: 1, warmupSteps: 0 },
        dropout: 0,
        seed: 0,
        microBatch: flags.microBatch ?? flags.batch,
      },
      state,
    );
    try {
      const batch = Array.from({ length: flags.batch }, (_, index) => instances.read(index));
      const result = (await trainer.computeGradients(batch, 0))!;
      await writeSafetensors(flags.out, trainer.gradients.tensors);
      return {
        loss: result.loss,
        masked_lm_loss: result.maskedLmLoss,
        next_sentence_loss: result.nextSentenceLoss,
      };
    } finally {
      await trainer.dispose();
    }
  } finally {
    instances.close();
  }
}
