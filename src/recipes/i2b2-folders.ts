/**
 * @file Where the i2b2 sets stand below a folder: under the names that the archives of the data portal unpack to, wherever they were
 * unpacked, or in folders of one's own. Names as in the README and notebooks of clinicalBERT and in BigBIO's loaders `n2c2_2006`, `n2c2_2010`,
 * `n2c2_2012`, `n2c2_2014`.
 */
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { ClinicalBertError } from "../errors.js";
import { fileError } from "../util/file-error.js";
import { type PaperTask, WHERE_TO_APPLY } from "./table-2.js";

export type I2b2Task = Exclude<PaperTask, "mednli">;

/** Paths that make up one part of a set. */
export interface I2b2Parts {
  readonly train: readonly string[];
  readonly test: readonly string[];
}

/** The first alternative of which every place is there. */
type Alternatives = readonly (readonly string[])[];

interface PublishedSet {
  readonly train: Alternatives;
  readonly test: Alternatives;
  /** How the names of the archives begin, for a set that is there but not unpacked. */
  readonly archives: RegExp;
}

/** Unannotated copies (`deid_surrogate_test_all_version2.xml`, `test-data-release`, `testing-PHI-noTags`) and the other track of 2014 stand in none. */
const PUBLISHED: Readonly<Record<I2b2Task, PublishedSet>> = {
  "i2b2-2006": {
    train: [["deid_surrogate_train_all_version2.xml"]],
    test: [["deid_surrogate_test_all_groundtruth_version2.xml"]],
    archives: /deid_surrogate_(train|test)/,
  },
  "i2b2-2010": {
    train: [
      ["concept_assertion_relation_training_data/beth", "concept_assertion_relation_training_data/partners"],
    ],
    test: [["reference_standard_for_test_data", "test_data"]],
    archives: /^(concept_assertion_relation_training_data|reference_standard_for_test_data|test_data)\./,
  },
  "i2b2-2012": {
    train: [["2012-07-15.original-annotation.release"]],
    // The paper's notebook reads the first; the archive of 2012-08-23 has the same events, with links.
    test: [["2012-08-08.test-data.event-timex-groundtruth/xml"], ["ground_truth/merged_xml"]],
    archives: /2012-0\d-\d\d\./,
  },
  "i2b2-2014": {
    train: [["training-PHI-Gold-Set1", "training-PHI-Gold-Set2"]],
    test: [["testing-PHI-Gold-fixed"]],
    archives: /(training|testing)-PHI-Gold/,
  },
};

const TASKS = Object.keys(PUBLISHED) as readonly I2b2Task[];

const ARCHIVE = /\.(zip|tar|tgz|gz)$/i;
/** Of a user's own folders: what is no annotated part although its name has `train` or `test`. */
const NO_PART = /^\.|RiskFactors|noTags|unannotated/;

/** The sets below `root`. Throws `FILE_NOT_FOUND` for a set of which a part is missing, and where there is none. */
export async function findI2b2Sets(root: string): Promise<Map<I2b2Task, I2b2Parts>> {
  const entries = await listBelow(root);
  const found = new Map<I2b2Task, I2b2Parts>();
  for (const task of TASKS) {
    const parts = await findSet(root, task, entries);
    if (parts !== null) found.set(task, parts);
  }
  if (found.size === 0)
    throw new ClinicalBertError(
      "FILE_NOT_FOUND",
      `${root} has no data of i2b2: neither a folder 2006, 2010, 2012 or 2014 nor an unpacked archive of the data portal.`,
      { remedy: `Check the path. ${whereToApply(TASKS)}`, details: { path: root } },
    );
  return found;
}

async function findSet(root: string, task: I2b2Task, entries: readonly string[]): Promise<I2b2Parts | null> {
  const published = PUBLISHED[task];
  const year = task.slice("i2b2-".length);
  const own = entries.includes(year) ? await ownParts(join(root, year)) : { train: [], test: [] };
  const find = (part: "train" | "test"): readonly string[] => {
    const places = place(published[part], entries);
    return places === null ? own[part] : places.map((path) => join(root, path));
  };
  const [train, test] = [find("train"), find("test")];
  if (train.length > 0 && test.length > 0) return { train, test };
  const packed = entries.filter((path) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    return ARCHIVE.test(name) && published.archives.test(name);
  });
  if (train.length + test.length + packed.length === 0 && !entries.includes(year)) return null;
  const lacking = train.length === 0 ? "train" : "test";
  const wanted = published[lacking].map((places) => places.join(" with ")).join(", or ");
  throw new ClinicalBertError(
    "FILE_NOT_FOUND",
    `${root} has no ${lacking}ing data of i2b2 ${year}: expected is ${wanted}, or in a folder ${year} an entry named ${lacking}….`,
    {
      remedy: packed.length === 0 ? whereToApply([task]) : `Unpack ${packed.join(", ")}.`,
      details: { path: root, year, part: lacking },
    },
  );
}

function whereToApply(tasks: readonly I2b2Task[]): string {
  return `Where it is had: ${tasks.map((task) => WHERE_TO_APPLY[task]).join("; ")}.`;
}

/** Paths below the root of the first alternative that is complete; each the one nearest to the root. */
function place(alternatives: Alternatives, entries: readonly string[]): readonly string[] | null {
  for (const places of alternatives) {
    const paths = places.flatMap(
      (name) => entries.find((path) => path === name || path.endsWith(`/${name}`)) ?? [],
    );
    if (paths.length === places.length) return paths;
  }
  return null;
}

/** Entries whose names say what they are. */
async function ownParts(folder: string): Promise<I2b2Parts> {
  const names = (await readdir(folder)).sort().filter((name) => !ARCHIVE.test(name) && !NO_PART.test(name));
  const named = (part: RegExp): string[] =>
    names.filter((name) => part.test(name)).map((name) => join(folder, name));
  return { train: named(/train/i), test: named(/test/i) };
}

/** Folders and files below `root` as relative paths, those nearest to it first. */
async function listBelow(root: string): Promise<string[]> {
  const paths: string[] = [];
  // A link may lead to a folder above it: none is listed twice.
  const seen = new Set<string>();
  let level = [""];
  while (level.length > 0) {
    const next: string[] = [];
    for (const parent of level) {
      const real = await realpath(join(root, parent)).catch(() => join(root, parent));
      if (seen.has(real)) continue;
      seen.add(real);
      const children = await readdir(join(root, parent), { withFileTypes: true }).catch((error: unknown) => {
        throw fileError(error, join(root, parent));
      });
      for (const child of children.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        if (child.name.startsWith(".") || child.name === "__MACOSX") continue;
        const path = parent === "" ? child.name : `${parent}/${child.name}`;
        paths.push(path);
        if (await isFolder(child, join(root, path))) next.push(path);
      }
    }
    level = next;
  }
  return paths;
}

/** Links are followed: large data are often linked to. */
async function isFolder(
  entry: { isDirectory(): boolean; isSymbolicLink(): boolean },
  path: string,
): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(path).then(
    (target) => target.isDirectory(),
    () => false,
  );
}
