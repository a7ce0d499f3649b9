/** @file Options of `from_pretrained` and `pipeline` in a browser. */
import type { WebModelOptions } from "../../checkpoint/web/model-files.js";
import { type OrtWebOptions, WEB_DEVICES } from "../../runtime/ort-web.js";
import { type CommonOptions, type ModelDtype, unknownOption } from "../shared-options.js";

export interface WebPretrainedOptions
  extends CommonOptions,
    Pick<WebModelOptions, "fetch" | "keep" | "revision" | "signal"> {
  /** `fp32` by default; `q8` quantizes the weights of linear layers while loading. */
  readonly dtype?: ModelDtype | null;
  /** `wasm` by default; `auto` takes WebGPU where the browser has it. */
  readonly device?: OrtWebOptions["device"] | null;
  readonly threads?: number;
  /** Folder of onnxruntime's `.wasm` files; by default bundlers find them. */
  readonly wasm_folder?: string;
}

export function fileOptions({
  fetch,
  keep,
  revision,
  signal,
  progress_callback,
}: WebPretrainedOptions): WebModelOptions {
  return {
    ...(fetch === undefined ? {} : { fetch }),
    ...(keep === undefined ? {} : { keep }),
    ...(revision === undefined ? {} : { revision }),
    ...(signal === undefined ? {} : { signal }),
    ...(typeof progress_callback === "function"
      ? {
          onProgress: (file, loaded, total) => progress_callback({ status: "progress", file, loaded, total }),
        }
      : {}),
  };
}

export function runtimeOptions({ device, threads, wasm_folder }: WebPretrainedOptions): OrtWebOptions {
  const devices = [...WEB_DEVICES, "auto"];
  if (typeof device === "string" && !devices.includes(device)) throw unknownOption("device", device, devices);
  return {
    ...(typeof device === "string" ? { device } : {}),
    ...(threads === undefined ? {} : { threads }),
    ...(wasm_folder === undefined ? {} : { wasmFolder: wasm_folder }),
  };
}
