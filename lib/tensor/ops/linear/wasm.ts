import * as tf from "@tensorflow/tfjs";
import { after, NOWHERE } from "../../kernels/address.ts";
import { defineGradient, defineKernel } from "../../kernels/define_kernel.ts";
import { gemm } from "../../kernels/gemm.ts";
import type { LinearOperation, LinearWeights } from "./contract.ts";

interface LinearInputs {
  /** [B, in], also where a stack shares it, or [V, B, in]. */
  readonly input: tf.Tensor;
  /** [in, out] or [V, in, out]. */
  readonly weight: tf.Tensor;
  /** [out] or [V, 1, out]. */
  readonly bias: tf.Tensor | undefined;
}

// Two kernels, as only one of them needs its output for the gradient.
const forward = { linear: define("StackedLinear", false), relu: define("StackedLinearRelu", true) };

/** Bias and ReLU in one pass with the product. */
function define(name: string, relu: boolean): (inputs: LinearInputs, attributes: object) => [tf.Tensor] {
  return defineKernel<LinearInputs, [tf.Tensor]>(name, (context) => {
    const { inputs: { input, weight, bias }, at } = context;
    const { rows, columns: inner } = sizesOf(input);
    const { stack, columns } = sizesOf(weight);
    const isShared = input.shape.length < weight.shape.length;
    const output = context.output([...weight.shape.slice(0, -2), rows, columns]);
    for (let v = 0; v < stack; v++) {
      gemm(context, {
        a: after(at(input), isShared ? 0 : v * rows * inner),
        b: after(at(weight), v * inner * columns),
        c: after(at(output), v * rows * columns),
        bias: bias ? after(at(bias), v * columns) : NOWHERE,
      }, { m: rows, n: columns, k: inner, activation: relu ? 1 : 0 });
    }
    return [output];
  });
}

/** Gradients before ReLU and of the bias. */
const biasReluGradient = defineKernel<{ readonly dy: tf.Tensor; readonly output: tf.Tensor }, [tf.Tensor, tf.Tensor]>(
  "BiasReluGrad",
  (context) => {
    const { inputs: { dy, output }, calls, at } = context;
    const { stack, rows, columns } = sizesOf(dy);
    const dz = context.output([...dy.shape]);
    const dBias = context.output(biasShape(dy));
    for (let v = 0; v < stack; v++) {
      const place = (tensor: tf.TensorInfo) => after(at(tensor), v * rows * columns);
      const biasGradient = after(at(dBias), v * columns);
      calls.biasReluGradient({ dy: place(dy), output: place(output), dz: place(dz), biasGradient }, { rows, columns });
    }
    return [dz, dBias];
  },
);

/** Gradient of the bias without ReLU. */
const biasGradient = defineKernel<{ readonly dy: tf.Tensor }, [tf.Tensor]>("BiasGrad", (context) => {
  const { inputs: { dy }, calls, at } = context;
  const { stack, rows, columns } = sizesOf(dy);
  const dBias = context.output(biasShape(dy));
  calls.sumMiddle({ x: at(dy), out: at(dBias) }, { outer: stack, count: rows, inner: columns });
  return [dBias];
});

function sizesOf(tensor: tf.TensorInfo): { stack: number; rows: number; columns: number } {
  const [rows, columns] = tensor.shape.slice(-2) as [number, number];
  return { stack: tensor.shape.length === 3 ? tensor.shape[0]! : 1, rows, columns };
}

function biasShape(tensor: tf.TensorInfo): number[] {
  const columns = tensor.shape.at(-1)!;
  return tensor.shape.length === 3 ? [tensor.shape[0]!, 1, columns] : [columns];
}

/** Gradients of input and weight from that before the activation. */
function productGradients(dz: tf.Tensor, { input, weight }: Pick<LinearInputs, "input" | "weight">) {
  return {
    input: () => {
      const own = tf.matMul(dz, weight, false, true);
      return input.rank < own.rank ? own.sum(0) : own;
    },
    weight: () => tf.matMul(input, dz, true, false),
  };
}

defineGradient<LinearInputs, tf.Tensor>("StackedLinear", {
  saves: ["input", "weight"],
  of: (dy, saved) => ({ ...productGradients(dy, saved), bias: () => biasGradient({ dy }, {})[0] }),
});

defineGradient<LinearInputs, tf.Tensor>("StackedLinearRelu", {
  saves: ["input", "weight"],
  savesOutput: true,
  of(dy, saved) {
    const [dz, dBias] = biasReluGradient({ dy, output: saved.output }, {});
    return { ...productGradients(dz, saved), bias: () => dBias };
  },
});

/** On the wasm backend's memory. */
export const kernelLinear: LinearOperation = <R extends tf.Rank>(
  input: tf.Tensor,
  { weight, bias }: LinearWeights<R>,
  activation: "linear" | "relu",
) => forward[activation]({ input, weight, bias: bias ?? undefined }, {})[0] as tf.Tensor<R>;
