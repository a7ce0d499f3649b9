/** @file Pretrains one of the published models from notes, as `pretrain --preset … --notes …` does: the same folder, the same recipe. */
import type { Device } from "../runtime/ort-node.js";
import type { SectionRules } from "../sections/index.js";
import { type PresetName, resolveValues } from "../training/presets.js";
import { startPretraining } from "../training/start-pretraining.js";
import type { CliContext } from "./context.js";
import type { PretrainFlags } from "./pretrain-flags.js";
import { describeStart, microBatchOf, prepareNotes, recipeOf, widthsOf } from "./pretrain-recipe.js";
import { createRunView } from "./pretrain-view.js";
import { stageBars } from "./stage-bars.js";

export interface PretrainPresetOptions {
  readonly model: PresetName;
  readonly init: string;
  readonly notes: readonly string[];
  readonly folder: string;
  readonly rules: SectionRules;
  /** In place of the preset's; null: the preset's. */
  readonly steps: number | null;
  /** A spaCy pipeline to split sentences with; null: the rule splitter. */
  readonly splitterModel: string | null;
  readonly device: Device;
  readonly threads: number;
}

/** Runs or continues it; false when it was stopped. */
export async function pretrainPreset(context: CliContext, options: PretrainPresetOptions): Promise<boolean> {
  const { model: preset, init, notes, folder: out, rules, steps, splitterModel, device, threads } = options;
  const flags: PretrainFlags & { notes: readonly string[]; out: string } = {
    ...{ preset, init, notes, out, rules, device, threads },
    ...(splitterModel === null ? { splitter: "rules" } : { splitter: "spacy", splitterModel }),
    case: "infer",
    instanceMode: "exact",
  };
  const { values, origins } = resolveValues(preset, steps === null ? {} : { steps });
  const start = await describeStart(flags, values.gelu, "");
  const bars = stageBars(context);
  const made = await prepareNotes(flags, values, start, context, bars.update).finally(bars.finish);
  const instances = [made.instances];
  const microBatch = await microBatchOf(flags, values, start.config, () => widthsOf(instances, values));
  const recipe = recipeOf(flags, values, start, { instances, heldOut: [made.heldOut], microBatch });
  const view = createRunView(context, recipe, false);
  const { finished } = await startPretraining(
    { recipe, folder: out, origins: { preset, ...origins } },
    { signal: context.signal, onEvent: view.onEvent },
  ).finally(() => view.finish());
  return finished;
}
