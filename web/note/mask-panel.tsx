/** @file The panel that masks the chosen word and shows what models would put there. */
import type { Span } from "clinicalbert/browser";
import type { MaskFilling, ModelInfo } from "../../src/server/api.js";
import type { Backend } from "../api/backend.js";
import { Hint, Meter, StateLine } from "../common/parts.js";
import { useAsync } from "../common/use-async.js";
import { addressOf, noteWorker } from "../worker/workers.js";
import { maskContext } from "./mask-context.js";
import { ModelPair, type ModelPairProps } from "./model-pair.js";

interface MaskPanelProps extends ModelPairProps {
  readonly text: string;
  readonly word: Span | null;
  /** Where each sentence is, in order. */
  readonly sentences: readonly Span[];
  readonly backend: Backend;
}

export function MaskPanel(props: MaskPanelProps) {
  const { text, word, sentences, models, backend, first, second } = props;
  if (models.length === 0)
    return <Hint>No model of this server fills masks: that needs a pretraining head.</Hint>;
  return (
    <>
      <ModelPair {...props} />
      {word === null ? (
        <Hint>
          Click a word of the note, or walk to it with the arrow keys: it is masked, and the model says what
          it expects there.
        </Hint>
      ) : (
        <>
          <p class="masked-word">
            In the place of <strong>{text.slice(...word)}</strong>
          </p>
          <div class="scroll">
            {[first, second].map(
              (model, side) =>
                model !== null && (
                  <Fillings
                    key={side}
                    text={text}
                    word={word}
                    sentences={sentences}
                    model={model}
                    backend={backend}
                  />
                ),
            )}
          </div>
        </>
      )}
    </>
  );
}

interface FillingsProps {
  readonly text: string;
  readonly word: Span;
  readonly sentences: readonly Span[];
  readonly model: ModelInfo;
  readonly backend: Backend;
}

function Fillings({ text, word, sentences, model, backend }: FillingsProps) {
  const result = useAsync(
    async (signal) => {
      const pieces = await noteWorker.call("pieces", [addressOf(model), text], signal);
      const context = maskContext(text, word, pieces, sentences, {
        mask: model.mask_token,
        maxLength: model.max_length,
      });
      return backend.fillMask(model, context, signal);
    },
    [text, word[0], word[1], model, backend],
  );
  const fillings: readonly MaskFilling[] = result.state === "done" ? result.value : [];
  const original = text.slice(...word).toLowerCase();
  return (
    <section class="fillings" aria-label={`Fillings of ${model.id}`}>
      <h3>{model.id}</h3>
      <StateLine result={result} busy="Filling the mask" />
      <ol>
        {fillings.map(({ token, token_str, score }) => (
          <li
            key={token}
            class={token_str.trim().toLowerCase() === original ? "filling-row original" : "filling-row"}
          >
            <span class="filling">{token_str}</span>
            <Meter value={score} />
            <span class="number">{(100 * score).toFixed(1)} %</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
