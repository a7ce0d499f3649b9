/** Runs of fine-tuning from start to end on a tiny model: they learn, go on bit for bit, keep what is finished, and leave a model that loads. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { classifyTokens } from "../../src/pipelines/token-classification.js";
import {
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
} from "../../src/pipelines/models.js";
import { AutoTokenizer } from "../../src/pipelines/index.js";
import { classifyTexts } from "../../src/pipelines/text-classification.js";
import { liveExecutables } from "../../src/runtime/index.js";
import {
  checkFinetuneData,
  type FinetuneEvent,
  type FinetuneJob,
  type FinetuneRecipe,
  finetune,
  foldRuns,
  gridRuns,
  modelLabels,
  runSeries,
  seedRuns,
} from "../../src/tasks/finetuning/index.js";
import { drugNotes, markedPairs, tinyRecipe, writeTinyModel } from "./small-finetuning.js";

let folder: string;
let model: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "finetuning-"));
  model = await writeTinyModel(folder);
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => expect(liveExecutables()).toBe(0));

const NOTES = { train: drugNotes(60, 1), dev: drugNotes(10, 2), test: drugNotes(20, 3) };
const PAIRS = { train: markedPairs(240, 1), dev: markedPairs(40, 2), test: markedPairs(60, 3) };
const HOOKS = { onEvent: () => undefined, stopped: () => false };

function job(
  name: string,
  changes: Partial<FinetuneRecipe> = {},
  data: FinetuneJob["data"] = NOTES,
): FinetuneJob {
  const recipe = { ...tinyRecipe("ner", model, []), ...changes };
  const labels = modelLabels(recipe.task, recipe.preset, recipe.scheme, data.train);
  return { recipe: { ...recipe, labels }, data, folder: join(folder, name) };
}

async function weightsOf(name: string): Promise<Buffer> {
  return readFile(join(folder, name, "model", "model.safetensors"));
}

describe("a run", () => {
  test.each(["iob2", "bioes"] as const)(
    "of ner learns drugs it is shown, in %s; the folder loads and finds the same",
    async (scheme) => {
      const done = await finetune(job(`ner-${scheme}`, { scheme, epochs: 20, patience: 4 }), HOOKS);
      // In BIOES the tag of a drug depends on the word after it, which two random layers do not learn to see from 60 notes.
      expect(done.result!.test!.score).toBeGreaterThan(scheme === "iob2" ? 0.95 : 0.6);
      const loaded = await AutoModelForTokenClassification.from_pretrained(done.model!);
      const tokenizer = await AutoTokenizer.from_pretrained(done.model!);
      try {
        // One sentence, so that both read the same window.
        const [note] = NOTES.test;
        const text = note!.text.slice(0, note!.text.indexOf(".") + 1);
        const [found] = await classifyTokens(tokenizer, loaded, [text], { aggregation_strategy: "first" });
        const lines = (await readFile(join(folder, `ner-${scheme}`, "predictions-test.jsonl"), "utf8")).split(
          "\n",
        );
        const ours = (
          JSON.parse(lines[0]!) as { entities: { label: string; spans: [number, number][] }[] }
        ).entities
          .filter(({ spans }) => spans[0]![1] <= text.length)
          .map(({ label, spans }) => [label, ...spans[0]!]);
        expect(found!.map(({ entity_group, start, end }) => [entity_group, start, end])).toEqual(ours);
        expect(ours.length).toBeGreaterThan(0);
      } finally {
        await loaded.dispose();
      }
    },
  );

  test("of nli learns; the folder loads and gives the same classes", async () => {
    const changes = { task: "nli", epochs: 12, patience: 12, batchSize: 16 } as const;
    const done = await finetune(job("nli", changes, PAIRS), HOOKS);
    expect(done.result!.metric).toBe("accuracy");
    expect(done.result!.test!.score).toBeGreaterThan(0.9);
    const loaded = await AutoModelForSequenceClassification.from_pretrained(done.model!);
    const tokenizer = await AutoTokenizer.from_pretrained(done.model!);
    try {
      const texts = PAIRS.test.map(({ text, pair }) => [text, pair!] as const);
      const classes = (await classifyTexts(tokenizer, loaded, texts)).map(([best]) => best!.label);
      const lines = (await readFile(join(folder, "nli", "predictions-test.jsonl"), "utf8"))
        .trimEnd()
        .split("\n");
      expect(classes).toEqual(lines.map((line) => (JSON.parse(line) as { label: string }).label));
    } finally {
      await loaded.dispose();
    }
  });

  test("of texts that are longer than it reads says so", async () => {
    const events: FinetuneEvent[] = [];
    const changes = { task: "nli", epochs: 1, maxLength: 8 } as const;
    await finetune(job("cut", changes, PAIRS), { ...HOOKS, onEvent: (event) => events.push(event) });
    const cut = PAIRS.test.filter(({ text, pair }) => `${text} ${pair}`.split(" ").length > 8 - 3).length;
    expect(cut).toBeGreaterThan(0);
    expect(events[0]).toMatchObject({
      notices: expect.arrayContaining([
        `${cut} examples of the test data are longer than 8 tokens: only the beginning is read`,
      ]),
    });
  });

  test("that is stopped, anywhere, goes on to the same bits", async () => {
    const changes = { epochs: 2, checkpointMinutes: 1e9 };
    const whole = await finetune(job("whole", changes), HOOKS);
    for (const after of [1, 7, 20, 40]) {
      const name = `stopped-${after}`;
      let asked = 0;
      const first = await finetune(job(name, changes), { ...HOOKS, stopped: () => ++asked > after });
      expect(first).toMatchObject({ finished: false, model: null });
      const events: FinetuneEvent[] = [];
      const second = await finetune(job(name, changes), { ...HOOKS, onEvent: (event) => events.push(event) });
      expect(events[0]).toMatchObject({ kind: "started", step: first.step });
      expect(second.finished).toBe(true);
      expect((await weightsOf(name)).equals(await weightsOf("whole"))).toBe(true);
      expect(second.result!.test).toEqual(whole.result!.test);
      expect(await readdir(join(folder, name))).not.toContain("checkpoints");
    }
  });

  test("that is finished is returned as it is, and not with another recipe, model or other data", async () => {
    const done = await finetune(job("kept", { epochs: 1 }), HOOKS);
    const events: FinetuneEvent[] = [];
    const again = await finetune(job("kept", { epochs: 1, threads: 2 }), {
      ...HOOKS,
      onEvent: (event) => events.push(event),
    });
    expect([again.result, events]).toEqual([JSON.parse(JSON.stringify(done.result)), []]);
    const other = { epochs: 1, learningRate: 1e-3 };
    await expect(finetune(job("kept", other), HOOKS)).rejects.toMatchObject({
      code: "TRAINING_RESUME",
      details: { differences: ["learningRate"] },
    });
    const less = { ...NOTES, test: NOTES.test.slice(1) };
    await expect(finetune(job("kept", { epochs: 1 }, less), HOOKS)).rejects.toMatchObject({
      details: { differences: ["test data"] },
    });
    // The same weights at another place are the same model; other weights of the same shape are not.
    const moved = await writeTinyModel(folder, "moved");
    expect((await finetune(job("kept", { epochs: 1, model: moved }), HOOKS)).result).toEqual(again.result);
    const different = await writeTinyModel(folder, "different", 5);
    await expect(finetune(job("kept", { epochs: 1, model: different }), HOOKS)).rejects.toMatchObject({
      details: { differences: ["model"] },
    });
  });

  test("keeps the best epoch, and ends when the patience is over", async () => {
    const done = await finetune(job("patience", { epochs: 12, patience: 1, learningRate: 1e-2 }), HOOKS);
    const lines = (await readFile(join(folder, "patience", "metrics.jsonl"), "utf8")).trimEnd().split("\n");
    const scores = lines
      .map((line) => JSON.parse(line) as { dev_score?: number })
      .flatMap(({ dev_score }) => dev_score ?? []);
    const best = scores.indexOf(Math.max(...scores));
    expect(done.result!.epoch).toBe(best + 1);
    expect(scores.length).toBe(Math.min(12, best + 2));
    expect(done.result!.dev!.score).toBe(scores[best]);
  });

  test("starts from the initial head and follows the batches that lie in its folder", async () => {
    await finetune(job("given", { epochs: 1 }), HOOKS);
    const [batches, head] = await Promise.all(
      ["batches.jsonl", "initial.safetensors"].map((file) => readFile(join(folder, "given", file))),
    );
    await finetune(job("other-seed", { epochs: 1, seed: 9, dropout: 0 }), HOOKS);
    expect(await readFile(join(folder, "other-seed", "batches.jsonl"))).not.toEqual(batches);
    // A folder with these two files and nothing else: the seed no longer matters without dropout.
    for (const [name, seed] of [
      ["planted-1", 5],
      ["planted-2", 6],
    ] as const) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "batches.jsonl"), batches!);
      await writeFile(join(folder, name, "initial.safetensors"), head!);
      await finetune(job(name, { epochs: 1, seed, dropout: 0 }), HOOKS);
    }
    expect((await weightsOf("planted-1")).equals(await weightsOf("planted-2"))).toBe(true);
  });

  test("of the preset trains, tags and classifies", async () => {
    const changes = { preset: "alsentzer2019", select: "last", epochs: 6, batchSize: 8 } as const;
    const ner = await finetune(job("preset-ner", { ...changes, learningRate: 1e-3 }), HOOKS);
    expect(ner.result!.test!.score).toBeGreaterThan(0.5);
    const nli = await finetune(job("preset-nli", { ...changes, task: "nli" }, PAIRS), HOOKS);
    expect(nli.result!.epoch).toBe(6);
  });
});

describe("a series", () => {
  const start = (each: FinetuneJob) => finetune(each, HOOKS);
  const hooks = { start, onEvent: () => undefined, onFinished: () => undefined };

  test("of seeds gives mean and interval; a finished run is not run again", async () => {
    const { recipe, data } = job("", { epochs: 1 });
    const runs = seedRuns(recipe, data, 2);
    const outcome = await runSeries(runs, join(folder, "seeds"), hooks);
    const scores = outcome.runs.map(({ result }) => result.test!.score);
    expect(outcome.test!.mean).toBeCloseTo((scores[0]! + scores[1]!) / 2, 12);
    let started = 0;
    const again = await runSeries(runs, join(folder, "seeds"), {
      ...hooks,
      start: (each) =>
        finetune(each, { ...HOOKS, onEvent: ({ kind }) => void (kind === "started" && started++) }),
    });
    expect([again.test, started]).toEqual([outcome.test, 0]);
  });

  test("of folds has a folder, an optimizer and a test part for each", async () => {
    const { recipe, data } = job("", { epochs: 1 });
    const runs = foldRuns(recipe, data.train, 3, { unit: "document", seed: 1 });
    const outcome = await runSeries(runs, join(folder, "folds"), hooks);
    expect(outcome.runs.map(({ result }) => result.counts["test"])).toEqual([20, 20, 20]);
    expect(new Set(outcome.runs.map((each) => each.folder)).size).toBe(3);
  });

  test("of the paper's grid has its points", () => {
    const { recipe, data } = job("");
    const names = gridRuns(recipe, data).map(({ name }) => name);
    expect(names.length).toBe(18);
    expect(new Set(names).size).toBe(18);
    expect(names).toContain("lr-3e-5-batch-32-epochs-4");
    expect(gridRuns({ ...recipe, task: "nli" }, PAIRS).length).toBe(12);
  });
});

describe("refuses, naming what is wrong", () => {
  test.each<[string, () => void, string, string]>([
    [
      "an empty train part",
      () => checkFinetuneData("ner", { ...NOTES, train: [] }, false),
      "FINETUNE_DATA",
      "train data have no example",
    ],
    ["examples of another kind", () => checkFinetuneData("nli", NOTES, false), "FINETUNE_DATA", "note-1-0"],
    [
      "a class that training never shows",
      () => checkFinetuneData("nli", { ...PAIRS, test: [{ ...PAIRS.test[0]!, label: "perhaps" }] }, false),
      "FINETUNE_LABEL",
      "perhaps (perhaps first in example",
    ],
    [
      "one class alone",
      () =>
        checkFinetuneData(
          "nli",
          { ...PAIRS, train: PAIRS.train.filter(({ label }) => label === "no") },
          false,
        ),
      "FINETUNE_DATA",
      '"no"',
    ],
    [
      "single texts for nli",
      () =>
        checkFinetuneData("nli", { ...PAIRS, train: PAIRS.train.map(({ pair: _, ...rest }) => rest) }, false),
      "FINETUNE_DATA",
      "needs pairs",
    ],
  ])("%s", (_, act, code, part) => {
    expect(act).toThrow(expect.objectContaining({ code, message: expect.stringContaining(part) }));
  });

  test("no development set to choose by, a model without its vocabulary, a length beyond the model", async () => {
    await expect(finetune(job("no-dev", {}, { ...NOTES, dev: null }), HOOKS)).rejects.toMatchObject({
      code: "FINETUNE_DATA",
    });
    const bare = await writeTinyModel(folder, "bare");
    for (const file of await readdir(bare)) if (/vocab|tokenizer/.test(file)) await rm(join(bare, file));
    await expect(finetune(job("no-vocabulary", { model: bare }), HOOKS)).rejects.toMatchObject({
      code: "FINETUNE_MODEL",
    });
    await expect(finetune(job("too-long", { maxLength: 161 }), HOOKS)).rejects.toMatchObject({
      code: "TRAINING_RECIPE",
    });
  });

  test.each([{ scheme: "bioes" }, { classWeights: true }] as const)(
    "%o in the preset, whose ner has neither",
    async (changes) => {
      const preset = { preset: "alsentzer2019", select: "last", batchSize: 8, ...changes } as const;
      await expect(finetune(job("preset-other", preset), HOOKS)).rejects.toMatchObject({
        code: "TRAINING_RECIPE",
        details: { name: Object.keys(changes)[0] },
      });
    },
  );
});
