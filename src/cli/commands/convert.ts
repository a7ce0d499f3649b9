/** @file `clinicalbert convert`: a model or weights file of any format to a format that others read. */

import { dirname } from "node:path";
import { TIED_PARAMETERS } from "../../bert/parameters.js";
import type { OnnxVariant } from "../../checkpoint/folder/export-folder.js";
import {
  canonicalTensors,
  mapNames,
  openModel,
  openWeights,
  resolveModel,
  type TensorSource,
  toGoogle,
  type FloatingType,
  type Weights,
  withDtype,
  writePytorch,
  writeSafetensors,
  writeTensorflow,
} from "../../checkpoint/index.js";
import { transpose } from "../../checkpoint/names/canonical.js";
import { ClinicalBertError } from "../../errors.js";
import { exportModel } from "../../pipelines/export-model.js";
import { makeFolder } from "../../util/make-folder.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";

const TARGETS = ["folder", "safetensors", "pytorch", "tensorflow"] as const;
type Target = (typeof TARGETS)[number];
const ONNX_CHOICES: Readonly<Record<string, readonly OnnxVariant[]>> = {
  none: [],
  fp32: ["fp32"],
  fp16: ["fp16"],
  q8: ["q8"],
  both: ["fp32", "q8"],
  all: ["fp32", "fp16", "q8"],
};
const DTYPES = { fp32: "float32", fp16: "float16", bf16: "bfloat16" } as const;

interface ConvertFlags {
  readonly to?: string;
  readonly onnx: string;
  readonly dtype?: string;
  readonly case: string;
  readonly optimizer?: boolean;
  readonly force?: boolean;
  readonly revision?: string;
  readonly json?: boolean;
}

export const command: CliCommand = {
  configure(command, context) {
    command
      .argument("<source>", "a folder, weights file, TensorFlow prefix, .tar.gz or hub id")
      .argument("<destination>", "a folder; or a file ending in .safetensors, .bin, .pt or .ckpt")
      .option("--to <format>", `${TARGETS.join(", ")} (default: by the destination's name)`)
      .option("--onnx <variants>", `variants of a folder: ${Object.keys(ONNX_CHOICES).join(", ")}`, "both")
      .option(
        "--dtype <type>",
        `numbers of a .safetensors or .bin: ${Object.keys(DTYPES).join(", ")} (default: as they are)`,
      )
      .option("--case <case>", "case that the tokenizer files state: cased, uncased, infer", "infer")
      .option("--optimizer", "keep Adam's slots and the step, TensorFlow to TensorFlow")
      .option("--force", "write a quantized variant that changes the model too much")
      .option("--revision <name>", "branch, tag or commit of a hub id")
      .option("--json", "the report as JSON")
      .action(async (source: string, destination: string, flags: ConvertFlags) => {
        const report = await convert(context, source, destination, flags);
        const line =
          flags.json === true ? JSON.stringify(report) : `${source} -> ${destination} (${report.format})`;
        context.stdout.write(`${line}\n`);
      });
    addExamples(
      command,
      "clinicalbert convert biobert_v1.0_pubmed_pmc.tar.gz ./biobert",
      "clinicalbert convert ./my-run/model ./google/model.ckpt-150000.ckpt --to tensorflow",
      "clinicalbert convert emilyalsentzer/Bio_ClinicalBERT clinical.safetensors --dtype fp16",
    );
  },
};

interface ConvertReport {
  readonly format: Target;
  readonly tensors: number;
  readonly worstCosine: number | null;
}

async function convert(
  context: CliContext,
  source: string,
  destination: string,
  flags: ConvertFlags,
): Promise<ConvertReport> {
  const format = targetOf(destination, flags.to);
  const hub = {
    signal: context.signal,
    ...(flags.revision === undefined ? {} : { revision: flags.revision }),
  };
  const dtype = flags.dtype === undefined ? null : choice("--dtype", flags.dtype, DTYPES);
  if (dtype !== null && format !== "safetensors" && format !== "pytorch")
    throw new ClinicalBertError(
      "USAGE",
      `--dtype is for safetensors and PyTorch files, not for ${format}; a folder takes --onnx fp16.`,
    );
  if (format === "folder") {
    const model = await openModel(source, hub);
    try {
      const { worstCosine, notices } = await exportModel(model, destination, {
        onnx: choice("--onnx", flags.onnx, ONNX_CHOICES),
        force: flags.force === true,
        ...(flags.case === "infer"
          ? {}
          : { lowercase: choice("--case", flags.case, { cased: false, uncased: true }) }),
      });
      for (const notice of notices) context.stderr.write(`clinicalbert: ${notice}\n`);
      return { format, tensors: model.names.parameters.length, worstCosine };
    } finally {
      await model.close();
    }
  }
  const weights = await openWeights((await resolveModel(source, hub)).weights!);
  try {
    await makeFolder(dirname(destination));
    const tensors = await writeWeights(weights, destination, format, flags.optimizer === true, dtype);
    return { format, tensors, worstCosine: null };
  } finally {
    await weights.close();
  }
}

/** Returns how many tensors were written. */
async function writeWeights(
  weights: Weights,
  destination: string,
  format: Exclude<Target, "folder">,
  optimizer: boolean,
  dtype: FloatingType | null,
): Promise<number> {
  if (optimizer) {
    if (format !== "tensorflow" || weights.format !== "tensorflow")
      throw new ClinicalBertError("USAGE", "--optimizer keeps slots from TensorFlow to TensorFlow only.");
    await writeTensorflow(destination, weights);
    return weights.tensors.length;
  }
  const map = mapNames(weights);
  // A file without a BERT in it keeps its own names.
  const bert = map.parameters.length > 0;
  const named = bert ? canonicalTensors(weights, map.parameters) : weights;
  const canonical = dtype === null ? named : withDtype(named, dtype);
  if (format === "safetensors") await writeSafetensors(destination, canonical);
  else if (format === "pytorch") await writePytorch(destination, bert ? withTied(canonical) : canonical);
  else await writeTensorflow(destination, bert ? underGoogleNames(canonical) : canonical);
  return canonical.tensors.length;
}

/** A state dict lists tied parameters under both names, which Python's strict loading asks for. */
function withTied(source: TensorSource): TensorSource {
  const infos = new Map(source.tensors.map((info) => [info.name, info]));
  if (!infos.has("cls.predictions.transform.dense.weight")) return source;
  const nameOf = new Map(TIED_PARAMETERS.map(({ alias, canonical }) => [alias, canonical]));
  const added = [...nameOf].filter(([, canonical]) => infos.has(canonical));
  return {
    tensors: [
      ...source.tensors,
      ...added.map(([alias, canonical]) => ({ ...infos.get(canonical)!, name: alias })),
    ],
    read: (name) => source.read(nameOf.get(name) ?? name),
  };
}

/** google-research/bert's names, kernels `[in, out]`, so that its scripts go on from the checkpoint. */
function underGoogleNames(source: TensorSource): TensorSource {
  const byGoogle = new Map(source.tensors.map((info) => [toGoogle(info.name).name, info]));
  return {
    tensors: [...byGoogle].map(([google, { name, type, dims }]) => ({
      name: google,
      type,
      dims: toGoogle(name).transposed ? [...dims].reverse() : dims,
    })),
    async read(google) {
      const { name } = byGoogle.get(google)!;
      const tensor = await source.read(name);
      return toGoogle(name).transposed ? transpose(tensor) : tensor;
    },
  };
}

function targetOf(destination: string, to: string | undefined): Target {
  if (to !== undefined)
    return choice("--to", to, Object.fromEntries(TARGETS.map((target) => [target, target])));
  if (destination.endsWith(".safetensors")) return "safetensors";
  if (/\.(?:bin|pt|pth)$/.test(destination)) return "pytorch";
  return /\.ckpt(?:-\d+)?$/.test(destination) ? "tensorflow" : "folder";
}

function choice<T>(flag: string, value: string, choices: Readonly<Record<string, T>>): T {
  if (Object.hasOwn(choices, value)) return choices[value]!;
  throw new ClinicalBertError(
    "USAGE",
    `${flag} is ${value}; it must be one of ${Object.keys(choices).join(", ")}.`,
  );
}
