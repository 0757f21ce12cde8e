import type * as tf from "@tensorflow/tfjs";
import { after, NOWHERE } from "../../kernels/address.ts";
import { defineGradient, defineKernel } from "../../kernels/define_kernel.ts";
import { gemm } from "../../kernels/gemm.ts";
import { floatsAt } from "../../kernels/heap.ts";
import type { Activation } from "../linear/contract.ts";
import type { GroupedLinear, Groups } from "./contract.ts";

interface GroupedLinearInputs {
  /** [R, in]. */
  readonly input: tf.Tensor2D;
  /** [V, in, out]. */
  readonly weight: tf.Tensor3D;
  /** [V, 1, out]. */
  readonly bias: tf.Tensor | undefined;
}

type Attributes = Groups & { readonly activation: Activation };

/** One product a group. */
const forward = defineKernel<GroupedLinearInputs, [tf.Tensor2D], Attributes>("GroupedLinear", (context) => {
  const { inputs: { input, weight, bias }, attributes: { counts, activation }, at } = context;
  const [, inner, columns] = weight.shape;
  const output = context.output([input.shape[0], columns]);
  forEachGroup(counts, (v, { row, count }) =>
    gemm(context, {
      a: after(at(input), row * inner),
      b: after(at(weight), v * inner * columns),
      c: after(at(output), row * columns),
      bias: bias ? after(at(bias), v * columns) : NOWHERE,
    }, { m: count, n: columns, k: inner, activation: activation === "relu" ? 1 : 0 }));
  return [output];
});

const inputGradient = defineKernel<{ readonly dz: tf.Tensor2D; readonly weight: tf.Tensor3D }, [tf.Tensor2D], Groups>(
  "GroupedInputGrad",
  (context) => {
    const { inputs: { dz, weight }, attributes: { counts }, at } = context;
    const [, inner, columns] = weight.shape;
    const output = context.output([dz.shape[0], inner]);
    forEachGroup(counts, (v, { row, count }) =>
      gemm(context, {
        a: after(at(dz), row * columns),
        b: after(at(weight), v * inner * columns),
        c: after(at(output), row * inner),
      }, { m: count, n: inner, k: columns, transposeB: true }));
    return [output];
  },
);

/** A group without rows gets zeros. */
const weightGradient = defineKernel<{ readonly input: tf.Tensor2D; readonly dz: tf.Tensor2D }, [tf.Tensor3D], Groups>(
  "GroupedWeightGrad",
  (context) => {
    const { backend, inputs: { input, dz }, attributes: { counts }, at } = context;
    const [inner, columns] = [input.shape[1], dz.shape[1]];
    const output = context.output([counts.length, inner, columns]);
    forEachGroup(counts, (v, { row, count }) => {
      const c = after(at(output), v * inner * columns);
      if (count === 0) return void floatsAt(backend, c, inner * columns).fill(0);
      gemm(context, {
        a: after(at(input), row * inner),
        b: after(at(dz), row * columns),
        c,
      }, { m: inner, n: columns, k: count, transposeA: true });
    });
    return [output];
  },
);

/** Gradients before ReLU and of the bias. */
const biasReluGradient = defineKernel<
  { readonly dy: tf.Tensor2D; readonly output: tf.Tensor2D },
  [tf.Tensor2D, tf.Tensor3D],
  Groups
>("GroupedBiasReluGrad", (context) => {
  const { inputs: { dy, output }, attributes: { counts }, calls, at } = context;
  const [rows, columns] = dy.shape;
  const dz = context.output([rows, columns]);
  const dBias = context.output([counts.length, 1, columns]);
  forEachGroup(counts, (v, { row, count }) => {
    const place = (tensor: tf.TensorInfo) => after(at(tensor), row * columns);
    const places = { dy: place(dy), output: place(output), dz: place(dz), biasGradient: after(at(dBias), v * columns) };
    calls.biasReluGradient(places, { rows: count, columns });
  });
  return [dz, dBias];
});

/** Gradient of the bias without ReLU. */
const biasGradient = defineKernel<{ readonly dy: tf.Tensor2D }, [tf.Tensor3D], Groups>("GroupedBiasGrad", (context) => {
  const { inputs: { dy }, attributes: { counts }, calls, at } = context;
  const columns = dy.shape[1];
  const dBias = context.output([counts.length, 1, columns]);
  forEachGroup(counts, (v, { row, count }) => {
    const [x, out] = [after(at(dy), row * columns), after(at(dBias), v * columns)];
    calls.sumMiddle({ x, out }, { outer: 1, count, inner: columns });
  });
  return [dBias];
});

function forEachGroup(
  counts: readonly number[],
  visit: (group: number, rows: { readonly row: number; readonly count: number }) => void,
): void {
  let row = 0;
  counts.forEach((count, group) => {
    visit(group, { row, count });
    row += count;
  });
}

defineGradient<GroupedLinearInputs, tf.Tensor2D, Attributes>("GroupedLinear", {
  saves: ["input", "weight"],
  savesOutput: true,
  of(dy, { input, weight, output }, { counts, activation }) {
    const [dz, dBias] = activation === "relu" ? biasReluGradient({ dy, output }, { counts }) : [dy, null];
    return {
      input: () => inputGradient({ dz, weight }, { counts })[0],
      weight: () => weightGradient({ input, dz }, { counts })[0],
      bias: () => dBias ?? biasGradient({ dy }, { counts })[0],
    };
  },
});

/** On the wasm backend's memory. */
export const kernelGroupedLinear: GroupedLinear = (input, { weight, bias }, { counts, activation }) =>
  forward({ input, weight: weight as tf.Tensor3D, bias: bias ?? undefined }, { counts, activation })[0];
