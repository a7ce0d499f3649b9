/** @file `clinicalbert synthesize`: MIMIC-shaped synthetic notes for trying everything out. */
import { Option } from "commander";
import { ClinicalBertError } from "../../errors.js";
import {
  noteEventsHeader,
  noteEventsRow,
  SYNTHETIC_TOPICS,
  type SyntheticNote,
  synthesizeNotes,
  type TemplateSet,
} from "../../notes/synthesize/index.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { byteSize, wholeNumber } from "../options.js";
import { withOutput } from "../output.js";
import { startProgress } from "../progress.js";

interface Flags {
  readonly notes?: number;
  readonly bytes?: number;
  readonly seed: number;
  readonly format: keyof typeof FORMATS;
  readonly templates: TemplateSet;
  readonly topics: number;
  readonly firstPatient: number;
  readonly out: string;
}

interface Format {
  readonly header: string;
  row(note: SyntheticNote): string;
}

const FORMATS = {
  jsonl: { header: "", row: jsonLine },
  noteevents: { header: noteEventsHeader, row: noteEventsRow },
} as const satisfies Record<string, Format>;
const TEMPLATE_SETS: readonly TemplateSet[] = ["all", "training", "held-out"];
const DEFAULT_NOTES = 1000;
/** Far above the longest line. */
const CHUNK_BYTES = 1 << 20;

export const command: CliCommand = {
  configure(cli, context) {
    cli
      .option("--notes <n>", `how many notes (default ${DEFAULT_NOTES})`, wholeNumber(0))
      .option("--bytes <size>", "stop after the note that reaches this size, e.g. 20MB, 2GB", byteSize)
      .option("--seed <n>", "equal seeds give equal bytes on any machine", wholeNumber(0), 1)
      .addOption(
        new Option("--format <name>", "jsonl, or noteevents for MIMIC-III's NOTEEVENTS.csv")
          .choices(Object.keys(FORMATS))
          .default("jsonl"),
      )
      .option(
        "--topics <n>",
        "draw from the first n diagnoses only",
        wholeNumber(1, SYNTHETIC_TOPICS),
        SYNTHETIC_TOPICS,
      )
      .addOption(
        new Option("--templates <set>", "sentence templates; training and held-out share none")
          .choices(TEMPLATE_SETS)
          .default("all"),
      )
      .option(
        "--first-patient <n>",
        "number of the first patient; disjoint ranges share no patient",
        wholeNumber(0),
        0,
      )
      .option("--out <file>", "file to write, - for standard output", "-")
      .action((flags: Flags) => synthesize(flags, context));
    addExamples(
      cli,
      "clinicalbert synthesize --notes 1000 --seed 7 --out notes.jsonl",
      "clinicalbert synthesize --bytes 2GB --format noteevents --out NOTEEVENTS.csv",
      "clinicalbert synthesize --notes 3 | head -c 2000",
    );
  },
};

async function synthesize(flags: Flags, context: CliContext): Promise<void> {
  const { seed, format, templates, topics, firstPatient } = flags;
  if (flags.notes !== undefined && flags.bytes !== undefined)
    throw new ClinicalBertError("USAGE", "--notes and --bytes cannot be given together.");
  const bytes = flags.bytes ?? Number.POSITIVE_INFINITY;
  const count = flags.bytes === undefined ? (flags.notes ?? DEFAULT_NOTES) : null;
  const notes = synthesizeNotes({
    seed,
    ...(count === null ? {} : { count }),
    topics,
    firstPatient,
    templates,
  });
  const { header, row } = FORMATS[format];
  const progress = startProgress(context, "synthesize", count ?? bytes, count === null ? "bytes" : "notes");
  await withOutput(context, flags.out, async (output) => {
    let written = 0;
    let made = 0;
    let chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let used = chunk.write(header, 0, "latin1");
    for (const note of notes) {
      if (written >= bytes) break;
      const line = row(note);
      if (used + line.length > CHUNK_BYTES) {
        await output.write(chunk.subarray(0, used));
        chunk = Buffer.allocUnsafe(CHUNK_BYTES);
        used = 0;
        progress.update(count === null ? written : made);
        // Lets a signal in: a fast receiver takes chunks without ever giving the event loop a turn.
        await new Promise((done) => setImmediate(done));
        context.signal.throwIfAborted();
      }
      // The text is ASCII (a test holds it to that), so characters are bytes. Copied at once: strings that wait
      // for a full chunk would cost the garbage collector more than their making.
      used += chunk.write(line, used, "latin1");
      written += line.length;
      made++;
    }
    await output.write(chunk.subarray(0, used));
  });
  progress.finish();
}

/** The fields of a synthetic note need no escaping, apart from its text: twice as fast as one `JSON.stringify`. */
function jsonLine({
  id,
  patientId,
  admissionId,
  category,
  description,
  date,
  time,
  text,
}: SyntheticNote): string {
  const fields = `"id":"${id}","patient_id":"${patientId}","admission_id":"${admissionId}","category":"${category}"`;
  const clock = time === null ? "null" : `"${time}"`;
  return `{${fields},"description":"${description}","date":"${date}","time":${clock},"text":${JSON.stringify(text)}}\n`;
}
