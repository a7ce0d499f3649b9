/** @file The choice of a model, and of another one to compare it with. */
import type { ModelInfo } from "../../src/server/api.js";
import { ModelSelect } from "../common/parts.js";

export interface ModelPairProps {
  readonly models: readonly ModelInfo[];
  readonly first: ModelInfo | null;
  readonly second: ModelInfo | null;
  onFirst(model: ModelInfo | null): void;
  onSecond(model: ModelInfo | null): void;
}

export function ModelPair({ models, first, second, onFirst, onSecond }: ModelPairProps) {
  return (
    <div class="controls">
      <ModelSelect
        label={second === null ? "Model" : "Model A"}
        models={models}
        value={first}
        onChoose={onFirst}
      />
      <ModelSelect
        label={second === null ? "Compare with" : "Model B"}
        models={models.filter((model) => model !== first)}
        value={second}
        none="no other model"
        onChoose={onSecond}
      />
    </div>
  );
}
