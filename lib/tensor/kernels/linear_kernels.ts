import type { KernelConfig, TensorInfo } from "@tensorflow/tfjs";
import { gemm } from "./gemm.ts";
import { wasmKernel } from "./wasm_heap.ts";

interface LinearInputs {
  /** [B, in], also where a stack shares it, or [V, B, in]. */
  readonly input: TensorInfo;
  /** [in, out] or [V, in, out]. */
  readonly weight: TensorInfo;
  /** [out] or [V, 1, out]. */
  readonly bias?: TensorInfo;
}

/** Linear layers with bias and ReLU in one pass, and the part of their backward pass that is not a matrix product. */
export const linearKernels = [
  linear("StackedLinear", { relu: false }),
  linear("StackedLinearRelu", { relu: true }),

  // Gradients before ReLU and of the bias.
  wasmKernel<{ dy: TensorInfo; output: TensorInfo }>("BiasReluGrad", (context) => {
    const { inputs: { dy, output }, exports, at } = context;
    const { stack, rows, columns } = sizesOf(dy);
    const dz = context.output(dy.shape);
    const biasGradient = context.output(biasShape(dy));
    for (let v = 0; v < stack; v++) {
      const offset = 4 * v * rows * columns;
      const biasAt = at(biasGradient) + 4 * v * columns;
      exports.biasReluGradient(at(dy) + offset, at(output) + offset, at(dz) + offset, biasAt, rows, columns);
    }
    return [dz, biasGradient];
  }),

  // Gradient of the bias without ReLU.
  wasmKernel<{ dy: TensorInfo }>("BiasGrad", (context) => {
    const { inputs: { dy }, exports, at } = context;
    const { stack, rows, columns } = sizesOf(dy);
    const biasGradient = context.output(biasShape(dy));
    exports.sumMiddle(at(dy), at(biasGradient), stack, rows, columns);
    return biasGradient;
  }),
];

function linear(name: string, { relu }: { relu: boolean }): KernelConfig {
  return wasmKernel<LinearInputs>(name, (context) => {
    const { inputs: { input, weight, bias }, at } = context;
    const { rows, columns: inner } = sizesOf(input);
    const { stack, columns } = sizesOf(weight);
    const isShared = input.shape.length < weight.shape.length;
    const output = context.output([...weight.shape.slice(0, -2), rows, columns]);
    for (let v = 0; v < stack; v++) {
      gemm(context, {
        a: at(input) + (isShared ? 0 : 4 * v * rows * inner),
        b: at(weight) + 4 * v * inner * columns,
        c: at(output) + 4 * v * rows * columns,
        m: rows,
        n: columns,
        k: inner,
        transposeA: false,
        transposeB: false,
        bias: bias ? at(bias) + 4 * v * columns : 0,
        activation: relu ? 1 : 0,
      });
    }
    return output;
  });
}

function sizesOf(tensor: TensorInfo): { stack: number; rows: number; columns: number } {
  const [rows, columns] = tensor.shape.slice(-2) as [number, number];
  return { stack: tensor.shape.length === 3 ? tensor.shape[0]! : 1, rows, columns };
}

function biasShape(tensor: TensorInfo): number[] {
  const columns = tensor.shape.at(-1)!;
  return tensor.shape.length === 3 ? [tensor.shape[0]!, 1, columns] : [columns];
}
