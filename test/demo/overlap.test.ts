import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openInstances } from "../../src/instances/open-instances.js";
import { maskedBaselines } from "../../src/recipes/baselines.js";
import { DEMO_FOLDER } from "../../src/recipes/demo.js";
import { syntheticDemoNotes } from "../../src/recipes/demo-notes.js";
import { DEMO_SETTINGS } from "../../src/recipes/demo-settings.js";
import { learnVocabulary, readVocabulary, writeAllInstances } from "../../src/recipes/demo-stages.js";
import { nextSentenceBaselines } from "../../src/recipes/overlap-baseline.js";
import { writeCorpora } from "../../src/recipes/side-corpora.js";
import { openStageFolder } from "../../src/recipes/stage-folder.js";
import { createSectionSplitter } from "../../src/sections/splitter.js";
import { createRuleSentenceSplitter } from "../../src/sentences/rule-splitter.js";

const root = mkdtempSync(join(tmpdir(), "overlap-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test.each([1, 2, 3])(
  "seed %i: overlap tells next sentences from random ones on held-out patients and templates",
  async (seed) => {
    const settings = { ...DEMO_SETTINGS, trainingNotes: 900, heldOutNotes: 400 };
    const notes = syntheticDemoNotes(seed, settings);
    const folder = await openStageFolder(join(root, String(seed)), DEMO_FOLDER, notes.identity);
    const { signal } = new AbortController();
    await writeCorpora(notes, folder, {
      sections: createSectionSplitter("corrected"),
      sentences: createRuleSentenceSplitter(),
      onProgress: () => undefined,
      signal,
    });
    await learnVocabulary(folder, settings, signal);
    const counts = await writeAllInstances(folder, settings, 1, seed, signal);
    expect(counts["held-out"]).toBe(2000);
    const training = await openInstances([folder.file("training.instances")]);
    const heldOut = await openInstances([folder.file("held-out.instances")]);
    const { tokens } = await readVocabulary(folder);
    const { overlap, majority } = nextSentenceBaselines(training, heldOut, tokens);
    expect(overlap).toBeGreaterThanOrEqual(0.9);
    // Were one answer always right, a model would not need to look at the sentences.
    expect(majority).toBeLessThan(0.65);
    const { bigram, mostFrequent } = maskedBaselines(training, heldOut, tokens.length);
    expect(bigram).toBeLessThan(0.7);
    expect(mostFrequent).toBeLessThan(0.15);
    training.close();
    heldOut.close();
  },
);
