/** @file `/deidentify`: PHI of notes and, on request, copies without it. All inputs or none: a copy is never half done. */
import { randomBytes, randomUUID } from "node:crypto";
import { spanConverter } from "../../notes/offset-units.js";
import { deidentify as deidentifyNotes, phiClasses, Surrogates } from "../../tasks/index.js";
import type { DeidentifyRequest, DeidentifyResponse } from "../api.js";
import { type AnswerContext, oneOrMany } from "./context.js";

/** Equal names of one patient get equal stand-ins as long as the server runs; nothing is kept but this key. */
const KEY = randomBytes(32);

export function deidentify(
  context: AnswerContext,
  { inputs, parameters = {}, patient, offsets = "utf16" }: DeidentifyRequest,
): Promise<DeidentifyResponse | readonly DeidentifyResponse[]> {
  const model = context.run("token-classification");
  const { recall, sentences } = context.model;
  const phi = {
    tokenizer: context.tokenizer,
    model,
    classes: phiClasses(model.config.id2label),
    recall,
    sentences,
  };
  return oneOrMany(context, inputs, async (texts) => {
    const notes = texts.map((text) => ({ id: "", text, patientId: patient ?? randomUUID() }));
    const found = await deidentifyNotes(phi, notes, { ...parameters, surrogates: new Surrogates(KEY) });
    return found.map(({ entities, text, notice }, index): DeidentifyResponse => {
      const convert = spanConverter(texts[index]!, offsets);
      return {
        entities: entities.map(({ label, category, score, span }) => {
          const [start, end] = convert(span);
          return { label, category, score, start, end };
        }),
        ...(text === undefined ? {} : { text }),
        notice,
        measured:
          recall === null
            ? null
            : {
                data: recall.data,
                threshold: recall.threshold,
                token_recall: recall.all.tokenRecall,
                document_recall: recall.all.documentRecall,
              },
      };
    });
  });
}
