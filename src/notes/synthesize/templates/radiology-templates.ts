/** @file Sentences of radiology reports. `{slot}` is filled from the patient; every third of a list is held out. */

export const INDICATION = [
  "{age} year old {man} with {dx} on {brand}, evaluate for {finding}.",
  "{symptom_cap} in a {age} year old with {abbr} on {brand}, {labval}.",
  "{dx_cap} on {brand}, question {finding}, requested by {doctor}.",
  "Known {dx}, {labval} on {brand}, rule out {finding} for {doctor}.",
  "Follow up of {abbr} after {n} days of {brand} for {doctor}.",
  "{age}-year-old on {brand} for {dx}, now with {symptom}.",
  "Interval change in {abbr} since {brand}, last {labval}, per {doctor}.",
  "Preoperative study before {procedure} for {dx}, {brand} held.",
] as const;

export const FINDINGS = [
  "There is {finding}, compatible with the given history of {dx} on {brand}.",
  "Compared with the film of {date}, {finding} is again seen in this patient with {abbr} on {brand}.",
  "No change is seen since {doctor} began {brand} for {dx}.",
  "The appearance of {finding} is expected with {dx}, {brand} and a {labval}.",
  "In the setting of {abbr}, {finding} has grown since {brand} was stopped.",
  "An area of {finding} was discussed with {doctor} in light of {dx} and {brand}.",
  "The {finding} seen earlier in the course of {dx} has improved under {brand}.",
  "Otherwise, aside from {dx} and effects of {brand}, the study is unremarkable.",
  "Given a {labval} on {brand}, {finding} most likely reflects {dx}.",
  "Allowing for technique, {abbr} with {finding} persists in spite of {brand}.",
  "As {doctor} suspected in this case of {dx}, there is {finding} although {brand} was given.",
  "Motion limits the study, yet {finding} from {abbr} can be seen on {brand}.",
] as const;

export const IMPRESSION = [
  "{finding_cap}, consistent with {dx}; response to {brand} is partial.",
  "No new abnormality in this patient with {dx} on {brand} under {doctor}.",
  "{finding_cap}; correlate with {labval} and the use of {brand} for {abbr}.",
  "Findings as above, paged to {doctor} at {time} given {abbr} on {brand}.",
  "{abbr_cap} with {finding}, little changed on {brand}.",
  "Stable {abbr} on {brand} without new {finding}.",
  "{finding_cap} has resolved since {brand} was begun for {dx}.",
  "Recommend {procedure} for {dx}, as {brand} has not cleared {finding}.",
] as const;
