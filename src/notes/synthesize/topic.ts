/** @file What a diagnosis brings with it in a synthetic note. Data only; the lists are in `topics/`. */

export interface Drug {
  readonly generic: string;
  readonly brand: string;
  readonly dose: string;
  readonly route: string;
  readonly frequency: string;
}

export interface Lab {
  /** As it stands in running text, e.g. `creatinine`. */
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** Digits after the decimal point. */
  readonly digits: number;
}

export interface Topic {
  readonly diagnosis: string;
  readonly abbreviation: string;
  readonly service: string;
  readonly symptoms: readonly string[];
  /** Findings on examination. */
  readonly signs: readonly string[];
  readonly drugs: readonly Drug[];
  readonly labs: readonly Lab[];
  /** Heading of its radiology report. */
  readonly study: string;
  /** Short name of the study in running text. */
  readonly image: string;
  readonly findings: readonly string[];
  readonly procedures: readonly string[];
  /** Events of the hospital stay. */
  readonly events: readonly string[];
}

/** `generic, brand, dose, frequency[, route]`. */
export type DrugRow = readonly [
  generic: string,
  brand: string,
  dose: string,
  frequency: string,
  route?: string,
];
export type LabRow = readonly [name: string, low: number, high: number, digits: number];

interface TopicRows extends Omit<Topic, "drugs" | "labs"> {
  readonly drugs: readonly DrugRow[];
  readonly labs: readonly LabRow[];
}

/** A topic from the compact rows of the word lists. */
export function topic(rows: TopicRows): Topic {
  return {
    ...rows,
    drugs: rows.drugs.map(([generic, brand, dose, frequency, route = "PO"]) => ({
      generic,
      brand,
      dose,
      route,
      frequency,
    })),
    labs: rows.labs.map(([name, low, high, digits]) => ({ name, low, high, digits })),
  };
}
