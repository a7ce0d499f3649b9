/**
 * @file Clauses of the short statements of progress notes, in the order of a stay: a clause about the disease, a comma, a clause
 * about the drug. A third of the pairs is held out, so that both sides of the split have the same words in other sentences.
 * There are as many of one as of the other, a multiple of three.
 */

export const DISEASE_CLAUSES = [
  "{abbr_cap} flare with {symptom}",
  "{abbr_cap} with {symptom} overnight",
  "{abbr_cap} and {sign} on exam",
  "{abbr_cap} with {finding} on {image}",
  "{abbr_cap} with {labval} today",
  "{abbr_cap} seen by {doctor}",
  "{abbr_cap} with {event}",
  "{abbr_cap} after {procedure}",
  "{abbr_cap} and still {symptom}",
  "{abbr_cap} with less {symptom}",
  "{abbr_cap} without {symptom} on day {n}",
  "{abbr_cap} after a good night",
] as const;

export const DRUG_CLAUSES = [
  "given {brand}",
  "continue {brand}",
  "tolerated {brand}",
  "back on {dose} of {brand}",
  "held an hour of {brand}",
  "if {labname} climbs raise {brand}",
  "by day {n} wean {brand}",
  "{drug} swapped for {brand}",
  "wants more {brand}",
  "recheck {labname} while on {brand}",
  "likely after missed {brand}",
  "all agree with {brand}",
] as const;
