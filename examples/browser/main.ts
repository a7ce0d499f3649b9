/**
 * @file Entities of a note, found in the browser: the model is fetched from this origin once, the note is sent nowhere.
 *
 * Put a model (config.json, vocab.txt, model.safetensors, and finetuning.json where it has one) in examples/browser/public/model, then: npx vite examples/browser
 */
import { openNoteTagger } from "clinicalbert/browser";

function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}
const note = element<HTMLTextAreaElement>("note");
const button = element<HTMLButtonElement>("find");
const state = element("state");

const tagger = await openNoteTagger("model/", {
  progress_callback: ({ file, loaded }) => {
    state.textContent = `${file}: ${(loaded / 1e6).toFixed(1)} MB`;
  },
});
state.textContent = "Ready; what you type stays here";
button.disabled = false;

button.onclick = async () => {
  const [entities] = await tagger.tag([note.value]);
  const lines = entities!.map(({ entity_group, start, end, score }) => {
    const line = document.createElement("li");
    line.textContent = `${entity_group} ${start}–${end} “${note.value.slice(start, end)}” ${score.toFixed(3)}`;
    return line;
  });
  element("entities").replaceChildren(...lines);
};
