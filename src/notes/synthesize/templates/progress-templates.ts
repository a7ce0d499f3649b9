/**
 * @file Clauses of the short statements of progress notes: any clause about the disease, a comma, any clause about the drug. A
 * third of the pairs is held out, so that both sides of the split have the same words in other sentences.
 */

export const DISEASE_CLAUSES = [
  "{abbr_cap} with {symptom} overnight",
  "{abbr_cap} flare with {symptom}",
  "{abbr_cap} and {sign} on exam",
  "{abbr_cap} with {finding} on {image}",
  "{abbr_cap} with {labval} today",
  "{abbr_cap} and still {symptom}",
  "{abbr_cap} with less {symptom}",
  "{abbr_cap} after {procedure}",
  "{abbr_cap} with {event}",
  "{abbr_cap} seen by {doctor}",
  "{abbr_cap} without {symptom} on day {n}",
  "{abbr_cap} after a good night",
] as const;

export const DRUG_CLAUSES = [
  "{brand} given",
  "continue {brand} {freq}",
  "{brand} was tolerated",
  "back on {brand} {dose}",
  "hold {brand} for an hour",
  "raise {brand} if {labname} climbs",
  "wean {brand} by day {n}",
  "{drug} swapped for {brand}",
  "wants more {brand}",
  "recheck {labname} while on {brand}",
  "likely after missed {brand}",
  "all agree with {brand}",
] as const;
