/** @file Where the Hugging Face hub and its cache are: options before environment before defaults, as in Python's huggingface_hub. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { ClinicalBertError } from "../../errors.js";

export interface HubOptions {
  /** Branch, tag or commit; `main` by default. */
  readonly revision?: string;
  /** For private and gated models; HF_TOKEN or the token file of `hf auth login` by default. */
  readonly token?: string;
  /** HF_HUB_CACHE, HF_HOME/hub or ~/.cache/huggingface/hub by default. */
  readonly cacheDir?: string;
  /** HF_ENDPOINT or https://huggingface.co by default. */
  readonly endpoint?: string;
  /** Opens no connection; HF_HUB_OFFLINE by default. */
  readonly offline?: boolean;
  readonly signal?: AbortSignal;
  /** Called as bytes of a file arrive. */
  readonly onProgress?: (file: string, done: number, total: number | null) => void;
}

export interface HubSettings extends HubOptions {
  readonly revision: string;
  readonly cacheDir: string;
  readonly endpoint: string;
  readonly offline: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** huggingface_hub constants.py: the same names and the same order. */
export function hubSettings(options: HubOptions = {}, env: Environment = process.env): HubSettings {
  const revision = options.revision ?? "main";
  if (!/^[\w][\w./-]{0,200}$/.test(revision) || revision.includes(".."))
    throw new ClinicalBertError(
      "USAGE",
      `${JSON.stringify(revision)} is no revision: a branch, tag or commit.`,
    );
  const endpoint = options.endpoint ?? env["HF_ENDPOINT"] ?? "https://huggingface.co";
  return {
    ...options,
    revision,
    cacheDir: options.cacheDir ?? env["HF_HUB_CACHE"] ?? join(hubHome(env), "hub"),
    endpoint: endpoint.replace(/\/+$/, ""),
    offline: options.offline ?? (isTrue(env["HF_HUB_OFFLINE"]) || isTrue(env["TRANSFORMERS_OFFLINE"])),
  };
}

/** The token to send, read when a connection is made and kept nowhere. */
export async function hubToken(options: HubOptions, env: Environment = process.env): Promise<string | null> {
  const given = options.token ?? env["HF_TOKEN"];
  if (given !== undefined && given !== "") return given;
  const file = env["HF_TOKEN_PATH"] ?? join(hubHome(env), "token");
  const text = await readFile(file, "utf8").catch(() => "");
  return text.trim() === "" ? null : text.trim();
}

function hubHome(env: Environment): string {
  return env["HF_HOME"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "huggingface");
}

function isTrue(value: string | undefined): boolean {
  return ["1", "on", "yes", "true"].includes((value ?? "").toLowerCase());
}
