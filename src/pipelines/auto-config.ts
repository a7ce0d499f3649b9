/** @file `AutoConfig`: the configuration of a model as its file has it. */
import { readConfigJson, resolveModel } from "../checkpoint/index.js";
import { hubOptions, type PretrainedOptions } from "./options.js";
import { completeConfig, type PretrainedConfig } from "./pretrained-config.js";

export const AutoConfig = {
  /** Reads the configuration of a folder, file, archive or hub id; no weights are fetched. */
  async from_pretrained(source: string, options: PretrainedOptions = {}): Promise<PretrainedConfig> {
    const { folder } = await resolveModel(source, hubOptions(options), false);
    return completeConfig(await readConfigJson(folder));
  },
};
