import * as tf from "@tensorflow/tfjs";
import { runKernel, runsOwnKernels } from "../kernels/own_kernels.ts";

/** Weights of a linear layer (2-D) or of a stack of V independent ones (3-D). */
export interface LinearWeights<R extends tf.Rank = tf.Rank> {
  /** float32 [in, out] or [V, in, out]. */
  readonly weight: tf.Tensor<R>;
  /** float32 [out] or [V, 1, out]; null for none. */
  readonly bias: tf.Tensor | null;
}

/**
 * `activation(input · weight + bias)`, in one pass where the backend has a kernel for it. The backward pass takes the
 * ReLU's mask and the bias' gradient in one pass too. A row's result does not depend on the other rows.
 *
 * @param input float32 [B, in], or [V, B, in] for a stack; [B, in] that all layers of a stack share.
 * @param layer Read, not disposed.
 * @returns float32 [B, out] or [V, B, out]; the caller disposes it.
 * @throws {TypeError} If the shapes do not fit.
 */
export function linear<R extends tf.Rank>(
  input: tf.Tensor,
  layer: LinearWeights<R>,
  options: { activation?: "linear" | "relu" } = {},
): tf.Tensor<R> {
  const { weight, bias } = layer;
  const { activation = "linear" } = options;
  checkShapes(input, layer);
  if (runsOwnKernels()) {
    const name = activation === "relu" ? "StackedLinearRelu" : "StackedLinear";
    return runKernel(name, { input, weight, bias: bias ?? undefined }, { hasBias: bias !== null })[0] as tf.Tensor<R>;
  }
  return tf.tidy(() => {
    const product: tf.Tensor<R> = tf.matMul(input, weight);
    const sum: tf.Tensor<R> = bias ? product.add(bias) : product;
    return activation === "relu" ? sum.relu() : sum;
  });
}

function checkShapes(input: tf.Tensor, { weight, bias }: LinearWeights): void {
  const x = input.shape;
  const w = weight.shape;
  const isStack = w.length === 3;
  const isShared = isStack && x.length === 2;
  const fits = (w.length === 2 || isStack) && (x.length === w.length || isShared) && x.at(-1) === w.at(-2) &&
    (!isStack || isShared || x[0] === w[0]);
  const biasShape = isStack ? [w[0], 1, w[2]] : [w[1]];
  if (!fits || (bias && bias.shape.join() !== biasShape.join())) {
    throw new TypeError(
      `Cannot apply a linear layer: shapes do not fit, expected [B, in]·[in, out]+[out] or ` +
        `[V, B, in] or [B, in]·[V, in, out]+[V, 1, out], got [${x}]·[${w}]${bias ? `+[${bias.shape}]` : ""}`,
    );
  }
}

/** Gradients of the inputs by name; `output` is given after ReLU. */
function gradients(
  dy: tf.Tensor,
  { input, weight, output, hasBias }: { input: tf.Tensor; weight: tf.Tensor; output?: tf.Tensor; hasBias: boolean },
): Record<string, () => tf.Tensor> {
  let dz = dy;
  let bias = () => runKernel("BiasGrad", { dy }, {})[0]!;
  if (output) {
    const [masked, dBias] = runKernel("BiasReluGrad", { dy, output }, {}) as [tf.Tensor, tf.Tensor];
    dz = masked;
    bias = () => dBias;
  }
  return {
    input: () => {
      const own = tf.matMul(dz, weight, false, true);
      return input.rank < own.rank ? own.sum(0) : own;
    },
    weight: () => tf.matMul(input, dz, true, false),
    ...(hasBias ? { bias } : {}),
  };
}

tf.registerGradient({
  kernelName: "StackedLinear",
  inputsToSave: ["input", "weight"],
  gradFunc: (dy, [input, weight], attrs) =>
    gradients(dy as tf.Tensor, { input: input!, weight: weight!, hasBias: attrs.hasBias as boolean }),
});

tf.registerGradient({
  kernelName: "StackedLinearRelu",
  inputsToSave: ["input", "weight"],
  outputsToSave: [true],
  gradFunc: (dy, [input, weight, output], attrs) =>
    gradients(dy as tf.Tensor, {
      input: input!,
      weight: weight!,
      output: output!,
      hasBias: attrs.hasBias as boolean,
    }),
});
