import type { TensorInfo } from "@tensorflow/tfjs";
import { gemm } from "./gemm.ts";
import { wasmKernel } from "./wasm_heap.ts";

interface GroupedLinearInputs {
  /** [R, in]. */
  readonly input: TensorInfo;
  /** [V, in, out]. */
  readonly weight: TensorInfo;
  /** [V, 1, out]. */
  readonly bias?: TensorInfo;
}

/** Which of the R rows meet which of V groups' weights: rows of a group follow one another. */
interface Grouped {
  /** Rows of each of the V groups, R in all. */
  readonly counts: readonly number[];
}

/** Attributes of the kernel GroupedLinear. */
export interface GroupedLinearAttributes extends Grouped {
  readonly activation: "linear" | "relu";
  readonly hasBias: boolean;
}

/** Linear layers on rows that meet their own group's weights, and their backward pass. */
export const groupedLinearKernels = [
  // One product a group.
  wasmKernel<GroupedLinearInputs, GroupedLinearAttributes>("GroupedLinear", (context) => {
    const { inputs: { input, weight, bias }, attributes: { counts, activation }, at } = context;
    const [, inner, columns] = weight.shape as [number, number, number];
    const output = context.output([input.shape[0]!, columns]);
    forEachGroup(counts, (v, { row, count }) =>
      gemm(context, {
        a: at(input) + 4 * row * inner,
        b: at(weight) + 4 * v * inner * columns,
        c: at(output) + 4 * row * columns,
        m: count,
        n: columns,
        k: inner,
        transposeA: false,
        transposeB: false,
        bias: bias ? at(bias) + 4 * v * columns : 0,
        activation: activation === "relu" ? 1 : 0,
      }));
    return output;
  }),

  wasmKernel<{ dz: TensorInfo; weight: TensorInfo }, Grouped>("GroupedInputGrad", (context) => {
    const { inputs: { dz, weight }, attributes: { counts }, at } = context;
    const [, inner, columns] = weight.shape as [number, number, number];
    const output = context.output([dz.shape[0]!, inner]);
    forEachGroup(counts, (v, { row, count }) =>
      gemm(context, {
        a: at(dz) + 4 * row * columns,
        b: at(weight) + 4 * v * inner * columns,
        c: at(output) + 4 * row * inner,
        m: count,
        n: inner,
        k: columns,
        transposeA: false,
        transposeB: true,
      }));
    return output;
  }),

  // A group without rows gets zeros.
  wasmKernel<{ input: TensorInfo; dz: TensorInfo }, Grouped>("GroupedWeightGrad", (context) => {
    const { inputs: { input, dz }, attributes: { counts }, at } = context;
    const inner = input.shape[1]!;
    const columns = dz.shape[1]!;
    const output = context.output([counts.length, inner, columns]);
    forEachGroup(counts, (v, { row, count }) => {
      const size = inner * columns;
      const c = at(output) + 4 * v * size;
      if (count === 0) return void new Float32Array(context.backend.wasm.asm.memory.buffer, c, size).fill(0);
      gemm(context, {
        a: at(input) + 4 * row * inner,
        b: at(dz) + 4 * row * columns,
        c,
        m: inner,
        n: columns,
        k: count,
        transposeA: true,
        transposeB: false,
      });
    });
    return output;
  }),

  // Gradients before ReLU and of the bias.
  wasmKernel<{ dy: TensorInfo; output: TensorInfo }, Grouped>("GroupedBiasReluGrad", (context) => {
    const { inputs: { dy, output }, attributes: { counts }, exports, at } = context;
    const columns = dy.shape[1]!;
    const dz = context.output(dy.shape);
    const biasGradient = context.output([counts.length, 1, columns]);
    forEachGroup(counts, (v, { row, count }) => {
      const offset = 4 * row * columns;
      const biasAt = at(biasGradient) + 4 * v * columns;
      exports.biasReluGradient(at(dy) + offset, at(output) + offset, at(dz) + offset, biasAt, count, columns);
    });
    return [dz, biasGradient];
  }),

  // Gradient of the bias without ReLU.
  wasmKernel<{ dy: TensorInfo }, Grouped>("GroupedBiasGrad", (context) => {
    const { inputs: { dy }, attributes: { counts }, exports, at } = context;
    const columns = dy.shape[1]!;
    const biasGradient = context.output([counts.length, 1, columns]);
    forEachGroup(counts, (v, { row, count }) => {
      exports.sumMiddle(at(dy) + 4 * row * columns, at(biasGradient) + 4 * v * columns, 1, count, columns);
    });
    return biasGradient;
  }),
];

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
