/** @file Reads spaCy's `config.cfg`: sections with JSON values and `${section.key}` references. */
import { corruptFile } from "./msgpack.js";

export type ConfigValue =
  | null
  | boolean
  | number
  | string
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

/** Sections nested by their dotted names: `config.nlp.pipeline`, `config.components.parser.model…`. */
export interface ConfigSection {
  [key: string]: ConfigValue | ConfigSection;
}

export function parseConfig(text: string, file: string): ConfigSection {
  const root: ConfigSection = {};
  let section = root;
  let pending: { key: string; value: string } | null = null;
  const finish = (): void => {
    if (pending !== null) section[pending.key] = parseValue(pending.value);
    pending = null;
  };
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\[([^\]]+)\]\s*$/.exec(line);
    const entry = /^([^\s=#;][^=]*?)\s*=\s*(.*)$/.exec(line);
    if (heading !== null) {
      finish();
      section = descend(root, heading[1]!.split("."), file);
    } else if (pending !== null && /^\s+\S/.test(line)) pending.value += line.trim();
    else if (entry !== null) {
      finish();
      pending = { key: entry[1]!, value: entry[2]! };
    } else if (line.trim() !== "" && !/^\s*[#;]/.test(line))
      throw corruptFile(file, "a line is neither section nor value");
  }
  finish();
  resolveReferences(root, root, file, 0);
  return root;
}

function parseValue(value: string): ConfigValue {
  try {
    return JSON.parse(value) as ConfigValue;
  } catch {
    return /^(True|False)$/.test(value) ? value === "True" : value.replace(/^'(.*)'$/, "$1");
  }
}

function descend(root: ConfigSection, path: readonly string[], file: string): ConfigSection {
  let section = root;
  for (const name of path) {
    section[name] ??= {};
    const next = section[name];
    if (!isSection(next)) throw corruptFile(file, `the section ${path.join(".")} is also a value`);
    section = next;
  }
  return section;
}

export function isSection(value: ConfigValue | ConfigSection | undefined): value is ConfigSection {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const REFERENCE = /^\$\{([\w.:-]+)\}$/;
const DEEPEST_REFERENCE = 20;

function resolveReferences(root: ConfigSection, section: ConfigSection, file: string, depth: number): void {
  for (const [key, value] of Object.entries(section)) {
    if (isSection(value)) resolveReferences(root, value, file, depth);
    else if (typeof value === "string" && REFERENCE.test(value))
      section[key] = lookUp(root, value, file, depth);
  }
}

function lookUp(
  root: ConfigSection,
  reference: string,
  file: string,
  depth: number,
): ConfigValue | ConfigSection {
  if (depth > DEEPEST_REFERENCE) throw corruptFile(file, `${reference} refers to itself`);
  const path = REFERENCE.exec(reference)![1]!.replace(":", ".").split(".");
  let value: ConfigValue | ConfigSection | undefined = root;
  for (const name of path) value = isSection(value) ? value[name] : undefined;
  if (value === undefined) throw corruptFile(file, `${reference} refers to nothing`);
  if (typeof value === "string" && REFERENCE.test(value)) return lookUp(root, value, file, depth + 1);
  return value;
}
