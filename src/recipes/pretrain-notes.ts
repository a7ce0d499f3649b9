/** @file From notes to the instances of a pretraining run: sections, sentences, corpora of both sides, instances. Each stage is restartable. */
import { createHash } from "node:crypto";
import type { BatchWorker } from "../corpus/format-corpus.js";
import { ClinicalBertError } from "../errors.js";
import type { InstanceMode } from "../instances/settings.js";
import { writeInstances } from "../instances/write-instances.js";
import type { SectionSplitter } from "../sections/section.js";
import type { SentenceSplitter } from "../sentences/sentence.js";
import { formatVocabulary } from "../tokens/vocabulary.js";
import type { WordPieceTokenizer } from "../tokens/wordpiece-tokenizer.js";
import type { RunValues } from "../training/presets.js";
import { makeFolder } from "../util/make-folder.js";
import { type NoteSides, SIDES, type Side } from "./note-sides.js";
import { corpusFiles, writeCorpora } from "./side-corpora.js";
import type { StageRecord } from "./stage-clock.js";
import {
  type OnStageProgress,
  openStageFolder,
  runStage,
  type StageFolderKind,
  type StageJob,
} from "./stage-folder.js";

/** The first stages of a run folder; another job in it is refused, never cleared away. */
const RUN_STAGES: StageFolderKind = { format: "clinicalbert-stages-1", file: "stages.json", contents: null };

export interface PrepareRunOptions {
  /** The run folder. */
  readonly folder: string;
  readonly notes: NoteSides;
  readonly sections: SectionSplitter;
  readonly sentences: SentenceSplitter;
  readonly worker?: BatchWorker;
  readonly tokenizer: WordPieceTokenizer;
  readonly values: RunValues;
  readonly mode: InstanceMode;
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly onProgress: OnStageProgress;
}

export interface PreparedRun {
  readonly instances: string;
  readonly heldOut: string;
  readonly counts: Readonly<Record<Side, number>>;
  /** See `CorporaCounts`. */
  readonly refusedNotes: number;
  readonly stages: readonly StageRecord[];
}

/** Does what an earlier, stopped call has not done. Throws `STAGE_FOLDER`, `NOTES_TOO_FEW` and what the stages throw. */
export async function prepareRun(options: PrepareRunOptions): Promise<PreparedRun> {
  const { notes, sections, sentences, worker, tokenizer, values, mode, signal, onProgress } = options;
  const { seed, dupeFactor, maxLength, maxPredictions, maskedShare, shortSequenceProbability } = values;
  const settings = { seed, dupeFactor, maxLength, maxPredictions, maskedShare, shortSequenceProbability };
  const folder = await openStageFolder(options.folder, RUN_STAGES, {
    notes: notes.identity,
    sections: sections.rules,
    sentences: sentences.identity ?? sentences.name,
    vocabulary: createHash("sha256").update(formatVocabulary(tokenizer.vocabulary)).digest("hex"),
    tokenizer: tokenizer.options,
    settings,
    mode,
  });
  const job: StageJob = { folder, signal, stages: [], onProgress };
  const { refused } = await runStage(job, "sections and sentences", "notes", 0, async (progress) => {
    const counts = await writeCorpora(notes, folder, {
      ...{ sections, sentences, signal, onProgress: progress },
      ...(worker === undefined ? {} : { worker }),
    });
    return [counts.notes, counts];
  });
  await makeFolder(folder.file("instances"));
  const counts = { training: 0, "held-out": 0 };
  for (const side of SIDES)
    counts[side] = await runStage(job, `${side} instances`, "instances", 0, async (progress) => {
      const { report } = await writeInstances({
        files: [(await corpusFiles(folder, side)).text],
        tokenizer,
        settings: side === "training" ? settings : { ...settings, dupeFactor: 1 },
        mode,
        format: "native",
        out: instancesPath(side),
        threads: options.threads,
        signal,
        onProgress: (stage, done) => {
          if (stage === "write") progress(done);
        },
      });
      return [report.instances, report.instances];
    });
  if (counts.training < values.batchSize || counts["held-out"] === 0)
    throw new ClinicalBertError(
      "NOTES_TOO_FEW",
      `The notes give ${counts.training} training and ${counts["held-out"]} held-out instances; ${values.batchSize} and 1 are needed.`,
      { details: counts },
    );
  return {
    instances: instancesPath("training"),
    heldOut: instancesPath("held-out"),
    counts,
    refusedNotes: refused,
    stages: job.stages,
  };

  function instancesPath(side: Side): string {
    return folder.file("instances", `${side}.instances`);
  }
}
