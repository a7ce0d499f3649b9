/** @file Hands the library to the tests of this folder, which call it inside the browser. */
import * as library from "clinicalbert/browser";

declare global {
  var clinicalbert: typeof library;
}
globalThis.clinicalbert = library;
document.body.dataset["ready"] = "true";
