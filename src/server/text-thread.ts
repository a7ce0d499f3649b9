/** @file The module of the thread that reads texts: validated bodies to JSON answers. It speaks no HTTP and runs no model. */
import { ClinicalBertError } from "../errors.js";
import { AutoTokenizer, type ModelRow, type PreTrainedTokenizer } from "../pipelines/index.js";
import { completeConfig } from "../pipelines/pretrained-config.js";
import { serveTasks } from "../util/worker-task.js";
import { ANSWERS } from "./answers/answers.js";
import { type AnswerContext, requireTokens } from "./answers/context.js";
import type { LaneHead, TextReply, TextTask, TextThreadData } from "./messages.js";
import { TextJob } from "./text-job.js";

serveTasks<TextTask, TextReply, TextThreadData>(async ({ models, limits }) => {
  const served: (readonly [TextThreadData["models"][number], PreTrainedTokenizer])[] = [];
  // Notices were given when the server opened the models.
  for (const model of models)
    served.push([model, await AutoTokenizer.from_pretrained(model.folder, { on_notice() {} })]);
  const jobs = new Map<number, TextJob>();

  const work = async (
    job: TextJob,
    { answer, model: index, body }: Extract<TextTask, { kind: "start" }>,
  ): Promise<TextReply> => {
    const [model, tokenizer] = served[index]!;
    let inputs = 0;
    let tokens = 0;
    const ask = (head: LaneHead, rows: readonly ModelRow[]): Promise<Float32Array[]> => {
      tokens += rows.reduce((sum, { encoding }) => sum + encoding.ids.length, 0);
      requireTokens({ limits }, tokens);
      const attention = rows.some(({ reading }) => reading.output === "attention");
      return job.ask({ model: index, head, attention }, rows);
    };
    const context: AnswerContext = {
      model,
      tokenizer,
      limits,
      run: (head) => ({
        config: completeConfig(model.config, model.labels),
        readRows: async (rows) => ask(head, rows),
      }),
      count: (more) => {
        inputs += more;
      },
    };
    const value = await ANSWERS[answer](context, body as never);
    return { kind: "done", json: JSON.stringify(value), inputs, tokens };
  };

  return async (task) => {
    if (task.kind === "start") jobs.set(task.job, new TextJob());
    const job = jobs.get(task.job);
    try {
      if (task.kind === "abandon") job?.abandon();
      if (job === undefined || task.kind === "abandon") throw abandoned();
      const reply = await (task.kind === "start"
        ? job.start(() => work(job, task))
        : job.resume(task.results));
      if (reply.kind === "done") jobs.delete(task.job);
      return reply;
    } catch (error) {
      jobs.delete(task.job);
      throw error;
    }
  };
});

function abandoned(): ClinicalBertError {
  return new ClinicalBertError("ABORTED", "The request was given up.");
}
