/** Two updates of a tiny BERT on the processor and on WebGPU, from the built files; prints how far they are apart as one JSON line. */
import { BERT_BASE } from "../../dist/bert/index.js";
import { createOrtRuntime } from "../../dist/runtime/index.js";
import { initializeParameters } from "../../dist/training/parameter-vector.js";
import { createTrainingState, Pretrainer } from "../../dist/training/pretrainer.js";

const config = {
  ...BERT_BASE,
  vocabSize: 61,
  hiddenSize: 16,
  layerCount: 1,
  headCount: 2,
  intermediateSize: 32,
  maxPositions: 12,
};
const batch = [5, 9, 12, 7].map((length, row) => ({
  ids: Int32Array.from({ length }, (_, at) => 1 + ((7 * row + 5 * at) % 60)),
  segmentIds: Uint8Array.from({ length }, (_, at) => (at < 3 ? 0 : 1)),
  maskedPositions: Int32Array.of(1, 3),
  maskedIds: Int32Array.of(10 + row, 20 + row),
  isRandomNext: row % 2 === 1,
}));

async function train(device) {
  const state = createTrainingState(config);
  initializeParameters(state.weights, 0.1, 1);
  const trainer = await Pretrainer.create(
    await createOrtRuntime({ device, threads: 1 }),
    {
      config,
      shape: { maxLength: 12, maxPredictions: 3 },
      schedule: { learningRate: 1e-3, totalSteps: 10, warmupSteps: 2 },
      dropout: 0.1,
      seed: 1,
      microBatch: 4,
    },
    state,
  );
  const losses = [];
  for (const step of [1, 2]) losses.push((await trainer.step(batch, step)).loss);
  await trainer.dispose();
  return { losses, gradients: trainer.gradients };
}

const norm = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

const answer = { refused: null, losses: [], worst: 0, parameter: "" };
try {
  const [cpu, gpu] = [await train("cpu"), await train("webgpu")];
  answer.losses = cpu.losses.map((loss, step) => [loss, gpu.losses[step]]);
  const floor = 1e-6 * norm(cpu.gradients.data);
  for (const [name, { data }] of cpu.gradients.tensors) {
    // 0 in mathematics: both hold rounding noise.
    if (name.endsWith("key.bias")) continue;
    const other = gpu.gradients.tensors.get(name).data;
    const distance = norm(data.map((value, at) => value - other[at])) / Math.max(norm(data), floor);
    if (distance > answer.worst) Object.assign(answer, { worst: distance, parameter: name });
  }
} catch (error) {
  if (error.code !== "RUNTIME_DEVICE") throw error;
  answer.refused = error.message;
}
console.log(JSON.stringify(answer));
