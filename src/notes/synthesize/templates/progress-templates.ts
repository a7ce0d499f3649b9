/**
 * @file Clauses of the short statements of progress notes: any clause about the disease, a comma, any clause about the drug. A
 * third of the pairs is held out, so that both sides of the split have the same words in other sentences.
 */

export const DISEASE_CLAUSES = [
  "{dx_cap} with {symptom} overnight",
  "{abbr_cap} flare with {symptom}",
  "Exam shows {sign} from {dx}",
  "{image_cap} read as {finding}, in line with {abbr}",
  "{labval_cap} today with {abbr}",
  "Still {symptom} from {dx}",
  "Less {symptom} and a quieter {abbr}",
  "Had {procedure} for {abbr}",
  "{dx_cap} with {event}",
  "{doctor_cap} saw the {abbr}",
  "No {symptom} on day {n} of {dx}",
  "{Sex} with {abbr} slept well",
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
