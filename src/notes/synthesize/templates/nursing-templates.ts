/** @file Sentences of nursing notes. `{slot}` is filled from the patient; every third of a list is held out. */

export const NEURO = [
  "A&Ox3, asking about {brand} and the {abbr}; MAE, PERRL 3mm brisk.",
  "Alert, anxious re: {dx}; {doctor} spoke with pt about {brand}.",
  "Lethargic after {brand} but arousable, {doctor} aware, {abbr} team to see.",
  "Oriented x3, c/o {symptom} with {abbr}, relieved after {brand}.",
  "Awake most of the shift, worried over {dx} and {brand} cost.",
  "Slept in naps, woke for {brand}, understands {dx} teaching well.",
  "Forgetful about {brand} times, reminded of the {abbr} plan by {doctor}.",
  "Follows commands, upset over {symptom}, states {brand} helps the {dx}.",
] as const;

export const CARDIOVASCULAR = [
  "HR {hr} SR no ectopy, BP {bp}, {brand} given for {abbr}.",
  "BP {bp} on {brand}, {labval}, {doctor} notified of {abbr}.",
  "Hemodynamically stable w/ {abbr}, HR {hr}, {brand} {dose} tolerated.",
  "Tele SR {hr}, SBP {bp}; held {brand} x1 for {abbr} per {doctor}.",
  "Pulses palpable, BP {bp}, {brand} titrated per {doctor} for {abbr}.",
  "NSR {hr}, BP {bp} before {brand}, no change in {abbr}.",
  "Afebrile, HR {hr}, {brand} infusing, {dx} protocol followed.",
  "BP {bp} lying, HR {hr} standing, {doctor} cut {brand} for {abbr}.",
] as const;

export const RESPIRATORY = [
  "LS clear, O2 sat {sat}% on {n}L NC, {sign} d/t {dx} on {brand}.",
  "RR 18-22, sats {sat}%, coughing less since {brand} for {abbr}.",
  "Lungs coarse, sat {sat}%, {doctor} in to see pt re {abbr} and {brand}.",
  "Weaned to RA, {sat}%, {brand} via RT, {abbr} unchanged.",
  "Sat {sat}% on {n}L and {brand}, {sign}, {doctor} feels {abbr} is the cause.",
  "On {n}L with sats {sat}%, {brand} given before {procedure} for {dx}.",
  "Breathing easily at {sat}%, no {symptom} since {brand}, {abbr} better.",
  "Shallow breaths, {sat}%, {brand} and rest for {dx} per {doctor}.",
] as const;

export const GASTROINTESTINAL = [
  "Abd soft, +BS, tol diet, {brand} given with food for {abbr}.",
  "NPO for {procedure} with {doctor}, {brand} held, {abbr} w/u ongoing.",
  "Taking pos well, nausea after {brand}, {doctor} aware of {dx}.",
  "No BM this shift, {brand} continued, {labval} sent for {abbr}.",
  "Poor appetite with {abbr}, pt blames {brand}, {doctor} informed.",
  "Ate half of lunch, took {brand} late, {dx} diet explained.",
  "Belly flat, {sign}, {brand} crushed in applesauce for {abbr}.",
  "Stool guaiac neg, {brand} per {doctor}, {dx} labs pending.",
] as const;

export const GENITOURINARY = [
  "Foley draining clear yellow urine {hr} cc/hr, {labval} with {abbr} on {brand}.",
  "Voiding qs, {labval} noted, {doctor} will adjust {brand} for {abbr}.",
  "U/O {hr} cc this shift after {brand} for {dx}.",
  "Incontinent x{n}, {brand} on board for {abbr}, {labval}.",
  "Output marginal, {doctor} ordered {brand} for {dx}.",
  "Catheter out at noon, {brand} continues, {dx} unchanged.",
  "Made {hr} cc since {brand}, {labval}, {abbr} team pleased.",
  "Urine dark, {labval}, {brand} on hold per {doctor} for {dx}.",
] as const;

export const NURSING_PLAN = [
  "Continue {brand} for {dx}, recheck {labname} in am, page {doctor} w/ changes.",
  "Follow {labname}, last {labval}; {procedure} planned with {doctor} for {abbr}, {brand} held.",
  "Monitor for {symptom} from {dx}, {brand} at next dose, update {doctor}.",
  "Emotional support re {dx}; family mtg with {doctor} about {brand}.",
  "Keep {brand} going overnight, {abbr} pathway, call {doctor} for {symptom}.",
  "Teach {brand} before discharge, {dx} handout given, {doctor} to sign.",
  "Repeat {image} tomorrow for {abbr}, then {brand} as ordered by {doctor}.",
  "Watch for {sign}, next {brand} at midnight, {dx} goals reviewed.",
] as const;
