/** @file Sentences of discharge summaries. `{slot}` is filled from the patient; every third of a list is held out. */

export const OPENING = [
  "{age} year old {man} with {dx} on {brand} who presents with {symptom} for {n} days.",
  "This is a {age}-year-old {man} with h/o {dx} and {comorbid} who presented with {symptom} despite {brand}.",
  "Pt. is a {age} y/o {man} w/ known {dx}, maintained on {brand}, c/o {symptom} x {n} days.",
  "The patient is a {age} year old {man} followed by {doctor} for {dx} on {brand} who was sent in with {symptom}.",
  "{Sex} aged {age} years, with longstanding {dx} treated with {brand} by {doctor}, came to the ED because of {symptom}.",
  "{age} yo {man} s/p {procedure} for {dx}, on {brand}, now admitted with {symptom} and {symptom}.",
  "Patient is a pleasant {age} year old {man} with {dx} whose {brand} was recently stopped by {doctor}.",
  "{age}{sex} with {dx} (last {labval}) transferred from [**Hospital1 {n}**] for {symptom} on {brand}.",
  "This {age} year old {man} with {abbr} was seen by {doctor} in clinic, given {brand} and referred in for {symptom}.",
  "A {age}-year-old {man}, known to {doctor} with {abbr}, reports {n} days of {symptom} while taking {brand}.",
  "{Sex} patient, {age} years of age, carrying a diagnosis of {dx}, returns on {brand} with {n} days of {symptom}.",
  "Mrs./Mr. [**Known lastname {n}31**] is {age} and has {abbr}; despite {brand} from {doctor} there was {symptom}.",
] as const;

export const HISTORY_OF_PRESENT_ILLNESS = [
  "Per {doctor}, the {dx} had been stable on {brand} until {n} weeks ago.",
  "{He} ran out of {brand} {n} days prior and noted {symptom}, which {doctor} felt was due to {abbr}.",
  "In the ED the {labval} was consistent with {dx}, and {drug} ({brand}) {dose} {route} was given.",
  "{He} denies fevers, but {his} {dx} has brought on {symptom} since {brand} was reduced.",
  "Of note, {doctor} had doubled the {brand} in view of a {labval} and worsening {abbr}.",
  "On arrival {he} had {sign}, and given {dx} {doctor} was called about {brand}.",
  "At [**Hospital1 {n}**] {he} received {brand} for {abbr}; repeat {labval}.",
  "The {image} showed {finding}, in keeping with {dx}, so {brand} was continued.",
  "{He} was last admitted with {abbr} on {date}, when {doctor} started {brand} at {dose}.",
  "Home {brand} was taken until the morning of admission, yet the {dx} led to {symptom}.",
  "Review of systems was positive for {symptom} only; {dx} and {brand} were otherwise unchanged.",
  "Since the {procedure} for {abbr}, {he} had needed {brand} {freq}, as {doctor} advised.",
] as const;

export const HOSPITAL_COURSE = [
  "The patient was treated for {dx} with {brand} {dose} {route} {freq} per {doctor}.",
  "{labval_cap} on admission, which together with {sign} suggested active {dx} despite {brand}.",
  "{brand} was restarted on hospital day {n} after {doctor} reviewed the {dx}.",
  "{He} underwent {procedure} with {doctor} on {date} for {abbr}, and {brand} was held that morning.",
  "With {drug} ({brand}) the {abbr} improved, and by day {n} the {labval} had been confirmed twice.",
  "The stay was notable for {event}; {doctor} attributed this to {abbr} and kept {brand}.",
  "{image_cap} on {date} demonstrated {finding}, so {brand} was increased to {dose} for {dx}.",
  "{doctor_cap} from {service} recommended {brand} {freq} for {dx} and follow up of the {labval}.",
  "Given {dx} and a {labval}, {brand} was dosed at {dose} {route} without event.",
  "There was {event} on day {n}, after which {brand} controlled the {abbr} well.",
  "Nursing noted {sign}, and {doctor} moved {brand} to {freq} for the {dx}.",
  "By discharge the {symptom} of {abbr} had gone, on {brand} {dose} alone.",
] as const;

export const COMORBIDITY_COURSE = [
  "{comorbid_cap}: home {drug2} was continued with {brand}, and {doctor} did not think it explained the {abbr}.",
  "{comorbid_cap}: stable on {brand2} throughout; no interaction with {brand} for {abbr}.",
  "{comorbid_cap}: {drug2} {dose2} was held while on {brand} for {abbr} and resumed at discharge.",
  "{comorbid_cap}: quiet during this stay, with {brand2} given alongside {brand} for {dx}.",
  "{comorbid_cap}: {brand2} dose was reviewed by {doctor} against the {brand} for {dx} and left alone.",
  "{comorbid_cap}: no change was made, since {brand} for {dx} came first.",
  "{comorbid_cap}: {brand2} went on, with levels of {brand} for {abbr} watched by {doctor}.",
  "{comorbid_cap}: asymptomatic; {doctor} kept {drug2} while treating {dx} with {brand}.",
] as const;

export const INSTRUCTIONS = [
  "You were admitted to the hospital with {symptom} caused by {dx} and were given {brand}.",
  "Please take {brand} {freq} as {doctor} prescribed, even when the {dx} feels better.",
  "Your {labval} should be checked again, because {brand} for {abbr} can change it.",
  "Call {doctor} if the {dx} gives you {symptom}, or if you miss {brand} for {n} days.",
  "Return at once for {symptom}, as the {dx} may be back despite {brand}.",
  "We found {finding} on your {image}, which {doctor} believes comes from {dx}, so take {brand}.",
  "Do not stop {brand} for {abbr} without talking to {doctor} first.",
  "The {procedure} for your {dx} went well, and {doctor} will remove the stitches while you take {brand}.",
  "If {symptom} from {abbr} returns, hold {brand} and phone {doctor} at [**Telephone/Fax (1) 2{n}0**].",
  "You now take {brand} at {dose} for {dx}, which is a new dose.",
  "A visiting nurse will help you with {brand} while the {dx} settles.",
  "Keep a diary of {symptom} and {brand} doses, and show it to {doctor} for the {abbr}.",
] as const;

export const FOLLOW_UP = [
  "{doctor_cap} on {date} at {time} for {dx}, {brand} and a {labval} recheck.",
  "Please see {doctor} in {n} weeks to discuss {brand} and the {abbr}.",
  "Repeat {image} in {n} months for {dx} on {brand}, ordered by {doctor}.",
  "{service} clinic with {doctor} to titrate {brand} after {abbr}.",
  "Phone visit with {doctor} on {date} about {brand} and {symptom} from {dx}.",
  "Bring all {brand} bottles to {doctor} on {date}, when the {dx} is reviewed.",
  "Blood test for {labname} in {n} days, since {brand} is new for {abbr}.",
  "{doctor_cap} will call about the {image} and the {brand} plan for {dx}.",
] as const;
