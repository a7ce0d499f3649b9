/** @file `clinicalbert synthesize`: MIMIC-shaped synthetic notes for trying everything out. */
import { ClinicalBertError } from "../../errors.js";
import {
  noteEventsHeader,
  noteEventsRow,
  type SyntheticNote,
  synthesizeNotes,
  type TemplateSet,
} from "../../notes/synthesize/index.js";
import { addExamples, type CliCommand, type CliContext } from "../context.js";
import { withOutput } from "../output.js";
import { startProgress } from "../progress.js";
import { parseBytes, parseWhole } from "../sizes.js";

interface Flags {
  readonly notes?: string;
  readonly bytes?: string;
  readonly seed: string;
  readonly format: string;
  readonly templates: string;
  readonly topics?: string;
  readonly firstPatient: string;
  readonly out: string;
}

interface Format {
  readonly header: string;
  row(note: SyntheticNote): string;
}

const FORMATS: Readonly<Record<string, Format>> = {
  jsonl: { header: "", row: jsonLine },
  noteevents: { header: noteEventsHeader, row: noteEventsRow },
};
const TEMPLATE_SETS: readonly TemplateSet[] = ["all", "training", "held-out"];
const DEFAULT_NOTES = 1000;
/** Far above the longest line. */
const CHUNK_BYTES = 1 << 20;

export const command: CliCommand = {
  configure(cli, context) {
    cli
      .option("--notes <n>", `how many notes (default ${DEFAULT_NOTES})`)
      .option("--bytes <size>", "stop after the note that reaches this size, e.g. 20MB, 2GB")
      .option("--seed <n>", "equal seeds give equal bytes on any machine", "1")
      .option("--format <name>", "jsonl, or noteevents for MIMIC-III's NOTEEVENTS.csv", "jsonl")
      .option("--topics <n>", "draw from the first n diagnoses only")
      .option(
        "--templates <set>",
        "sentence templates: all, training or held-out (those two share none)",
        "all",
      )
      .option("--first-patient <n>", "number of the first patient; disjoint ranges share no patient", "0")
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
  const format = oneOf("--format", flags.format, Object.keys(FORMATS));
  const templates = oneOf("--templates", flags.templates, TEMPLATE_SETS);
  if (flags.notes !== undefined && flags.bytes !== undefined)
    throw new ClinicalBertError("USAGE", "--notes and --bytes cannot be given together.");
  const bytes = flags.bytes === undefined ? Number.POSITIVE_INFINITY : parseBytes("--bytes", flags.bytes);
  const count =
    flags.bytes === undefined ? parseWhole("--notes", flags.notes ?? String(DEFAULT_NOTES)) : null;
  const notes = synthesizeNotes({
    seed: parseWhole("--seed", flags.seed),
    ...(count === null ? {} : { count }),
    ...(flags.topics === undefined ? {} : { topics: parseWhole("--topics", flags.topics, 1) }),
    firstPatient: parseWhole("--first-patient", flags.firstPatient),
    templates,
  });
  const { header, row } = FORMATS[format]!;
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

function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((name) => name === value);
  if (found !== undefined) return found;
  throw new ClinicalBertError("USAGE", `${flag} is "${value}"; it must be one of ${allowed.join(", ")}.`);
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
