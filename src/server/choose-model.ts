/** @file Which of the served models answers a request: the named one, or the first that can do the task. */
import { ClinicalBertError } from "../errors.js";
import type { ModelTask } from "./api.js";
import type { ServedModel } from "./served-model.js";

/** Index of the model. Throws `SERVER_NO_MODEL` for an unknown name, `SERVER_NO_TASK` where none can do it. */
export function chooseModel(
  models: readonly ServedModel[],
  task: ModelTask | "tokenize",
  name: string | undefined,
): number {
  const can = ({ info }: ServedModel): boolean => task === "tokenize" || info.tasks.includes(task);
  if (name === undefined || name === "") {
    const index = models.findIndex(can);
    if (index === -1)
      throw new ClinicalBertError("SERVER_NO_TASK", `No model of this server does ${task}.`, {
        details: { task },
      });
    return index;
  }
  const index = models.findIndex(({ info }) => info.id === name);
  if (index === -1)
    throw new ClinicalBertError(
      "SERVER_NO_MODEL",
      `The named model is not served; there are ${models.map(({ info }) => info.id).join(", ")}.`,
      { details: { param: "model" } },
    );
  if (!can(models[index]!))
    throw new ClinicalBertError("SERVER_NO_TASK", `The model ${name} has no head for ${task}.`, {
      details: { param: "model", task },
    });
  return index;
}
