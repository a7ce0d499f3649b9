/** @file Options of `from_pretrained` and `pipeline`, named as in @huggingface/transformers, and what they mean here. */
import type { HubOptions } from "../checkpoint/index.js";
import { DEVICES, type Device } from "../runtime/ort-node.js";
import { type CommonOptions, type ModelDtype, unknownOption } from "./shared-options.js";

export interface PretrainedOptions extends CommonOptions {
  readonly cache_dir?: string | null;
  readonly local_files_only?: boolean;
  readonly revision?: string;
  readonly token?: string;
}

export interface PretrainedModelOptions extends PretrainedOptions {
  /**
   * `fp32` by default; `fp16` rounds weight matrices to half precision while loading (arithmetic stays in float32 on every device);
   * `q8` quantizes the weights of linear layers.
   */
  readonly dtype?: ModelDtype | null;
  readonly device?: Device | "auto" | null;
  /** Threads of one op; all cores by default. */
  readonly threads?: number;
}

export function hubOptions({
  progress_callback,
  cache_dir,
  local_files_only,
  revision,
  token,
}: PretrainedOptions): HubOptions {
  return {
    ...(typeof cache_dir === "string" ? { cacheDir: cache_dir } : {}),
    ...(local_files_only === true ? { offline: true } : {}),
    ...(revision === undefined ? {} : { revision }),
    ...(token === undefined ? {} : { token }),
    ...(typeof progress_callback === "function"
      ? {
          onProgress: (file, loaded, total) => progress_callback({ status: "progress", file, loaded, total }),
        }
      : {}),
  };
}

export function requireDevice(device: PretrainedModelOptions["device"]): Device {
  const wanted = device === undefined || device === null || device === "auto" ? "cpu" : device;
  if (!DEVICES.includes(wanted)) throw unknownOption("device", wanted, [...DEVICES, "auto"]);
  return wanted;
}
