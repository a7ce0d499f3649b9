/** @file Runs graphs in a browser, on onnxruntime-web: WebAssembly, or WebGPU where there is one. Loaded at the first call. */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-web";
import { ClinicalBertError } from "../errors.js";
import { GraphBuilder } from "../graph/builder.js";
import { lowerGraph } from "../onnx/lower.js";
import { bytesOf } from "../util/protobuf.js";
import { messageOf, OrtExecutable, ortFailure } from "./ort-executable.js";
import type { Runtime } from "./runtime.js";

export type WebDevice = "wasm" | "webgpu";
export const WEB_DEVICES: readonly WebDevice[] = ["wasm", "webgpu"];

export interface OrtWebOptions {
  /** `auto` takes WebGPU where this browser can (`hasWebGpu`), else WebAssembly; `wasm` by default. */
  readonly device?: WebDevice | "auto";
  /** Threads inside one op. More than one needs a cross-origin isolated page; by default half the cores there, at most four. */
  readonly threads?: number;
  /** Folder of onnxruntime's `.wasm` files; by default bundlers find them beside the package. */
  readonly wasmFolder?: string;
}

type Ort = typeof import("onnxruntime-web");

/**
 * A runtime on `device`. Weights must be given as `constants`: what is fed is copied at every run.
 * Throws `RUNTIME_DEVICE` for a device that this browser does not have.
 */
export async function createOrtWebRuntime({
  device = "wasm",
  threads,
  wasmFolder,
}: OrtWebOptions = {}): Promise<Runtime> {
  const used = device === "auto" ? ((await hasWebGpu()) ? "webgpu" : "wasm") : device;
  if (!WEB_DEVICES.includes(used) || (used === "webgpu" && !(await hasWebGpu())))
    throw new ClinicalBertError(
      "RUNTIME_DEVICE",
      `The device ${used} cannot be used in this browser; wasm can.`,
      {
        details: { device: used, devices: WEB_DEVICES },
      },
    );
  const ort = await loadOrt(used);
  if (threads !== undefined) ort.env.wasm.numThreads = threads;
  if (wasmFolder !== undefined) ort.env.wasm.wasmPaths = wasmFolder;
  ort.env.logLevel = "error";
  await inTurn(() => loadWebAssembly(ort));
  return {
    name: "ort-web",
    copiesFeeds: true,
    async compile(graph, { constants = new Map(), quantize = false } = {}) {
      const model = lowerGraph(graph, { initializers: constants, quantize, external: true }).toBytes();
      // Each constant is an external file in memory, so that no model of its size is built beside the weights.
      const externalData = [...constants].map(([path, { data }]) => ({ path, data: bytesOf(data) }));
      const session = await inTurn(() => createSession(ort, model, used, externalData));
      const executable = new OrtExecutable(ort.Tensor as typeof OrtTensor, graph, session, constants);
      return {
        run: (feeds, into) => inTurn(() => executable.run(feeds, into)),
        dispose: () => inTurn(() => executable.dispose()),
      };
    },
  };
}

/** What Node's types do not know. */
interface BrowserGlobals {
  readonly WebAssembly: object;
  readonly navigator: { readonly gpu?: { requestAdapter(): Promise<unknown> } };
}

/** Whether this browser has WebGPU and can wait for it inside WebAssembly (Chromium 137 and later). */
export async function hasWebGpu(): Promise<boolean> {
  const { WebAssembly: wasm, navigator } = globalThis as unknown as BrowserGlobals;
  if (!("Suspending" in wasm)) return false;
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  return adapter !== undefined && adapter !== null;
}

async function loadOrt(device: WebDevice): Promise<Ort> {
  return device === "webgpu" ? await import("onnxruntime-web/jspi") : await import("onnxruntime-web/wasm");
}

/** onnxruntime fetches its WebAssembly for the first session: here, so that nothing is fetched once a model is loaded. */
async function loadWebAssembly(ort: Ort): Promise<void> {
  const builder = new GraphBuilder();
  builder.output("y", builder.neg(builder.input("x", "float32", [1])));
  const session = await createSession(ort, lowerGraph(builder.finish()).toBytes(), "wasm", []);
  await session.release();
}

async function createSession(
  ort: Ort,
  model: Uint8Array,
  device: WebDevice,
  externalData: readonly { readonly path: string; readonly data: Uint8Array }[],
): Promise<InferenceSession> {
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: [device],
      graphOptimizationLevel: "all",
      executionMode: "sequential",
      externalData,
      logSeverityLevel: 3,
    });
  } catch (error) {
    if (device === "wasm") throw ortFailure("could not compile a graph", error);
    const message = `The device webgpu cannot run this model; wasm can. onnxruntime says: ${messageOf(error)}.`;
    throw new ClinicalBertError("RUNTIME_DEVICE", message, { details: { device, devices: WEB_DEVICES } });
  }
}

let last: Promise<unknown> = Promise.resolve();

/** onnxruntime-web has one memory and one set of mounted files, and refuses to be entered twice. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = last.then(work);
  last = result.catch(() => {});
  return result;
}
