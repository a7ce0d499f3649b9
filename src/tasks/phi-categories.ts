/** @file The PHI classes of i2b2 2014 (Stubbs & Uzuner 2015, table 1), and those of i2b2 2006, under their categories. */

const TYPES = {
  NAME: ["PATIENT", "DOCTOR", "USERNAME"],
  PROFESSION: ["PROFESSION"],
  LOCATION: [
    "ROOM",
    "DEPARTMENT",
    "HOSPITAL",
    "ORGANIZATION",
    "STREET",
    "CITY",
    "STATE",
    "COUNTRY",
    "ZIP",
    "LOCATION-OTHER",
    // i2b2 2006.
    "LOCATION",
  ],
  AGE: ["AGE"],
  DATE: ["DATE"],
  CONTACT: ["PHONE", "FAX", "EMAIL", "URL", "IPADDR", "IPADDRESS"],
  ID: [
    "SSN",
    "MEDICALRECORD",
    "HEALTHPLAN",
    "ACCOUNT",
    "LICENSE",
    "VEHICLE",
    "DEVICE",
    "BIOID",
    "IDNUM",
    // i2b2 2006.
    "ID",
  ],
  OTHER: ["OTHER"],
} as const;

export type PhiCategory = keyof typeof TYPES;

export const PHI_CATEGORIES = Object.keys(TYPES) as readonly PhiCategory[];

const BY_TYPE = new Map<string, PhiCategory>(
  PHI_CATEGORIES.flatMap((category) => TYPES[category].map((type) => [type, category] as const)),
);

/** The category above a PHI type, upper or lower case; a category is its own. `null` for what is no PHI type. */
export function phiCategory(type: string): PhiCategory | null {
  const upper = type.toUpperCase();
  return BY_TYPE.get(upper) ?? PHI_CATEGORIES.find((category) => category === upper) ?? null;
}
