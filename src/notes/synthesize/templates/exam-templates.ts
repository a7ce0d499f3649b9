/** @file Lines that most notes share, whatever the diagnosis: examination, habits, family. */

export const VITALS = [
  "VS: T 98.{n} BP {bp} HR {hr} RR 18 O2 sat {sat}% on RA",
  "Vitals: T: 97.{n} BP: {bp} P: {hr} R: 20 O2: {sat}% {n}L NC",
  "Tm 99.{n} Tc 98.{n} BP {bp} HR {hr} RR 16 {sat}% RA",
] as const;

export const GENERAL = [
  "NAD, alert and oriented x3",
  "comfortable, pleasant, in no acute distress",
  "ill appearing, mildly tachypneic",
] as const;
export const HEENT = [
  "PERRL, EOMI, MMM, oropharynx clear",
  "NC/AT, sclera anicteric, MM dry",
  "no scleral icterus, JVP not elevated",
] as const;
export const HEART = [
  "RRR, nl S1/S2, no m/r/g",
  "RRR, 2/6 systolic murmur at LUSB",
  "tachycardic, no murmurs",
] as const;
export const LUNGS = [
  "CTAB, no w/r/r",
  "decreased breath sounds at bases",
  "good air movement bilaterally",
] as const;
export const ABDOMEN = [
  "soft, NT/ND, +BS, no HSM",
  "obese, soft, mild diffuse tenderness, no rebound",
  "soft, non-tender, non-distended",
] as const;
export const EXTREMITIES = [
  "WWP, 2+ DP pulses, no c/c/e",
  "no clubbing, cyanosis or edema",
  "trace edema bilaterally, 1+ pulses",
] as const;

export const SOCIAL = [
  "Lives with {his} family in [**Location (un) {n}8**]. Tobacco: quit {n}0 years ago. EtOH: rare.",
  "Retired teacher, lives alone. Denies tobacco, EtOH, or illicit drug use.",
  "Works as a machinist. Smokes {n} cigarettes a day. Drinks 1-2 beers/wk.",
] as const;

export const FAMILY = [
  "Father died of MI at age 6{n}. Mother with HTN.",
  "Non-contributory.",
  "Sister with breast CA at 5{n}; no h/o early CAD.",
] as const;

export const ALLERGIES = [
  "Penicillins",
  "No Known Allergies / Adverse Drug Reactions",
  "Sulfa (Sulfonamide Antibiotics)",
  "Codeine / Iodine-Iodine Containing",
] as const;

export const DISPOSITION = ["Home", "Home With Service", "Extended Care", "Expired"] as const;
export const FACILITY = [
  "[**Hospital3 {n}**] Nursing Home - [**Location (un) {n}0**]",
  "VNA of [**Location (un) {n}2**]",
] as const;

export const CONDITION = [
  "Mental Status: Clear and coherent.\nLevel of Consciousness: Alert and interactive.\nActivity Status: Ambulatory - Independent.",
  "Stable. Afebrile, ambulating with walker, tolerating regular diet.",
  "Mental Status: Confused - sometimes.\nLevel of Consciousness: Lethargic but arousable.\nActivity Status: Out of Bed with assistance to chair or wheelchair.",
] as const;
