/** @file `AutoTokenizer` on Node: the tokenizer of a folder, file, archive or hub id. */
import { resolveModel } from "../checkpoint/index.js";
import { loadTokenizer } from "./load-tokenizer.js";
import { hubOptions, type PretrainedOptions } from "./options.js";
import { PreTrainedTokenizer } from "./pretrained-tokenizer.js";
import { sayNotices } from "./shared-options.js";

export const AutoTokenizer = {
  /**
   * Loads the tokenizer of a folder, file, archive or hub id. Where no file says whether the model is cased, the
   * vocabulary decides, and a notice says so: Python lower-cases then, the known trap of Bio_ClinicalBERT.
   */
  async from_pretrained(source: string, options: PretrainedOptions = {}): Promise<PreTrainedTokenizer> {
    const resolved = await resolveModel(source, hubOptions(options), false);
    const loaded = await loadTokenizer(resolved.folder, options.do_lower_case);
    sayNotices(loaded.notices, options);
    return new PreTrainedTokenizer(loaded.tokenizer, loaded.maxLength, loaded.calls);
  },
};
