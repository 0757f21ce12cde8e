import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../../lib/tensor/backend.ts";
import { installKernels } from "../../../lib/tensor/kernels/install.ts";
import { kernelBuilds } from "../../../lib/tensor/kernels/kernel_module.ts";
import { forcePlainOperations } from "../../../lib/tensor/kernels/either_of.ts";
import { adamStep } from "../../../lib/tensor/ops/adam_step/adam_step.ts";
import { assertClose, normals, normalTensor } from "../numeric.ts";

const shapes = [[3, 5, 7], [1], [4, 4], [], [13], [0], [50, 41]];
const count = shapes.reduce((sum, shape) => sum + tf.util.sizeFromShape(shape), 0);

function makeState() {
  return {
    parameters: shapes.map((shape, i) => tf.variable(normalTensor(i, shape))),
    mean: tf.variable(tf.zeros([count])),
    square: tf.variable(tf.zeros([count])),
  };
}

/** Three updates, clipped where `gradientClip` is small; parameter 2 has no gradient. */
function run(gradientClip: number): Float32Array[] {
  return tf.tidy(() => {
    const state = makeState();
    const norms: number[] = [];
    for (let update = 1; update <= 3; update++) {
      const gradients = shapes.map((shape, i) => i === 2 ? null : normalTensor(100 * update + i, shape));
      const norm = adamStep(state, { gradients, learningRate: 0.01, gradientClip, update });
      norms.push(norm.dataSync()[0]!);
    }
    const results = [...state.parameters, state.mean, state.square].map((v) => Float32Array.from(v.dataSync()));
    tf.dispose([...state.parameters, state.mean, state.square]);
    return [Float32Array.from(norms), ...results];
  });
}

/** The definition in float64. */
function expected(gradientClip: number): Float32Array[] {
  const parameters = shapes.map((shape, i) => [...normals(i, tf.util.sizeFromShape(shape))]);
  const mean = new Array<number>(count).fill(0);
  const square = new Array<number>(count).fill(0);
  const norms: number[] = [];
  for (let update = 1; update <= 3; update++) {
    const gradients = shapes.map((shape, i) =>
      i === 2 ? new Float32Array(tf.util.sizeFromShape(shape)) : normals(100 * update + i, tf.util.sizeFromShape(shape))
    );
    const norm = Math.sqrt(gradients.reduce((sum, part) => part.reduce((sum, g) => sum + g * g, sum), 0));
    norms.push(norm);
    const scale = Math.min(gradientClip / (norm + 1e-6), 1);
    let at = 0;
    parameters.forEach((values, i) =>
      values.forEach((value, k) => {
        const g = gradients[i]![k]! * scale;
        mean[at] = 0.9 * mean[at]! + 0.1 * g;
        square[at] = 0.999 * square[at]! + 0.001 * g * g;
        const first = mean[at]! / (1 - 0.9 ** update);
        const second = square[at]! / (1 - 0.999 ** update);
        values[k] = value - 0.01 * first / (Math.sqrt(second) + 1e-8);
        at++;
      })
    );
  }
  return [norms, ...parameters, mean, square].map((values) => Float32Array.from(values));
}

for (const gradientClip of [20000, 0.5]) {
  Deno.test(`adamStep (clip ${gradientClip}): the definition, on every path`, async () => {
    const reference = expected(gradientClip);
    const paths = [["cpu", undefined], ...[...kernelBuilds, "plain", "stock"].map((build) => ["wasm", build])] as const;
    for (const [backend, build] of paths) {
      await useBackend(backend as "cpu" | "wasm");
      forcePlainOperations(build === "plain");
      if (build && build !== "plain") await installKernels(build as "stock");
      const before = tf.memory().numTensors;
      const actual = run(gradientClip);
      forcePlainOperations(false);
      assert.equal(tf.memory().numTensors, before);
      actual.forEach((values, i) => {
        assertClose(values, reference[i]!, { tolerance: 1e-5, what: `${backend} ${build}, result ${i}` });
      });
    }
  });
}

Deno.test("adamStep: tensors that share a parameter's numbers keep theirs", async () => {
  await useBackend("wasm");
  const state = makeState();
  const held = state.parameters.map((parameter) => parameter.clone());
  const flat = state.mean.reshape([1, count]);
  const before = [...held, flat].map((tensor) => tensor.dataSync());
  const gradients = shapes.map((shape, i) => normalTensor(i, shape));
  adamStep(state, { gradients, learningRate: 0.1, gradientClip: 1, update: 1 }).dispose();
  [...held, flat].forEach((tensor, i) => assert.deepEqual(tensor.dataSync(), before[i]));
  state.parameters.forEach((parameter, i) => {
    if (parameter.size > 0) assert.notDeepEqual(parameter.dataSync(), before[i]);
  });
  assert(state.mean.dataSync().some((value) => value !== 0));
});

Deno.test("adamStep: not-a-number in a gradient reaches norm and parameters", async () => {
  await useBackend("wasm");
  const state = makeState();
  const gradients = shapes.map((shape) => tf.fill(shape, NaN));
  const norm = adamStep(state, { gradients, learningRate: 0.1, gradientClip: 1, update: 1 });
  assert(Number.isNaN(norm.dataSync()[0]!));
  assert(state.parameters[0]!.dataSync().every(Number.isNaN));
});

Deno.test("adamStep: neither tensors nor the heap grow over 1000 steps", async () => {
  await useBackend("wasm");
  const state = makeState();
  const gradients = shapes.map((shape, i) => normalTensor(i, shape));
  const memory = (tf.backend() as unknown as { wasm: { asm: { memory: WebAssembly.Memory } } }).wasm.asm.memory;
  adamStep(state, { gradients, learningRate: 1e-4, gradientClip: 1, update: 1 }).dispose();
  const tensors = tf.memory().numTensors;
  const bytes = memory.buffer.byteLength;
  for (let update = 2; update <= 1001; update++) {
    adamStep(state, { gradients, learningRate: 1e-4, gradientClip: 1, update }).dispose();
  }
  assert.equal(tf.memory().numTensors, tensors);
  assert.equal(memory.buffer.byteLength, bytes);
});

Deno.test("adamStep: sizes that do not fit are refused", async () => {
  await useBackend("wasm");
  const state = makeState();
  const options = { learningRate: 1, gradientClip: 1, update: 1 };
  assert.throws(() => adamStep(state, { ...options, gradients: [] }), TypeError);
  const wrong = shapes.map((shape) => tf.zeros([...shape, 1]));
  assert.throws(() => adamStep(state, { ...options, gradients: wrong }), TypeError);
  assert.throws(
    () => adamStep({ ...state, mean: tf.variable(tf.zeros([1])) }, { ...options, gradients: shapes.map(() => null) }),
    TypeError,
  );
});
