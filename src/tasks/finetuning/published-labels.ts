/** @file The classes of the published taggers, in their order: the `get_labels` of run_ner.py (EmilyAlsentzer/clinicalBERT, 0e8a029). Data only. */
import { QUIRK_LABELS } from "./entity-features.js";
import { OUTSIDE } from "./word-classes.js";

/** Entity types in the order of each list; the lists have `B-` and `I-` of a type side by side. */
const TYPES = {
  "i2b2-2010": ["problem", "treatment", "test"],
  "i2b2-2006": ["ID", "HOSPITAL", "PATIENT", "PHONE", "DATE", "DOCTOR", "LOCATION", "AGE"],
  "i2b2-2012": ["OCCURRENCE", "EVIDENTIAL", "TREATMENT", "CLINICAL_DEPT", "PROBLEM", "TEST"],
  "i2b2-2014": [
    ...["IDNUM", "HOSPITAL", "PATIENT", "PHONE", "DATE", "DOCTOR", "LOCATION-OTHER", "AGE", "BIOID"],
    ...["STATE", "ZIP", "HEALTHPLAN", "ORGANIZATION", "MEDICALRECORD", "CITY", "STREET", "COUNTRY", "URL"],
    ...["USERNAME", "PROFESSION", "FAX", "EMAIL", "DEVICE"],
  ],
} as const;

/**
 * Classes by index as run_ner.py numbers them: padding is 0, then `B-` and `I-` of each type, `O`, `X`, `[CLS]`, `[SEP]`. Types
 * among those of a published list, at least half of them, get that whole list; others stand in alphabetical order.
 */
export function publishedLabels(types: readonly string[]): string[] {
  const known = Object.values(TYPES).find(
    (list: readonly string[]) =>
      types.every((type) => list.includes(type)) && 2 * types.length >= list.length,
  );
  const ordered = known ?? [...types].sort();
  const { padding, subword, first, last } = QUIRK_LABELS;
  const tags = ordered.flatMap((type) => [`B-${type}`, `I-${type}`]);
  return [padding, ...tags, OUTSIDE, subword, first, last];
}
