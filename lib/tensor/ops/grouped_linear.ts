import * as tf from "@tensorflow/tfjs";
import type { GroupedLinearAttributes } from "../kernels/grouped_linear.ts";
import { runKernel, runsOwnKernels } from "../kernels/own_kernels.ts";
import { plainGroupedLinear } from "./grouped_linear_plain.ts";
import type { LinearWeights } from "./linear.ts";

/**
 * Applies a stack of V linear layers to groups of rows, each of its own size: what `linear` gives for [V, B, in], without
 * the rows that a group does not have. To the bit on the wasm backend's own kernels. Differentiable.
 *
 * @param input float32 [R, in]; the first `counts[0]` rows meet the first layer, and so on.
 * @param layer float32 weight [V, in, out], bias [V, 1, out] or null; read, not disposed.
 * @param options.counts Rows of each of the V groups, R in all; none is possible.
 * @returns float32 [R, out]; the caller disposes it.
 * @throws {TypeError} If the shapes do not fit.
 */
export function groupedLinear(
  input: tf.Tensor2D,
  layer: LinearWeights,
  options: { readonly counts: readonly number[]; readonly activation?: "linear" | "relu" },
): tf.Tensor2D {
  const { counts, activation = "linear" } = options;
  const { weight, bias } = layer;
  const [stack, inner, columns] = weight.shape as [number, number, number];
  const rows = counts.reduce((sum, count) => sum + count, 0);
  if (counts.length !== stack || input.shape[0] !== rows || input.shape[1] !== inner) {
    throw new TypeError(
      `Cannot apply linear layers to groups: shapes do not fit, expected rows of ${stack} groups of width ${inner}, ` +
        `got [${input.shape}] in ${counts.length} groups of ${rows} rows`,
    );
  }
  if (runsOwnKernels()) {
    const operands = { input, weight, bias: bias ?? undefined };
    return runKernel("GroupedLinear", operands, { counts, activation, hasBias: bias !== null })[0] as tf.Tensor2D;
  }
  if (rows === 0) return tf.zeros([0, columns]);
  return plainGroupedLinear(input, layer, { counts, activation });
}

/** Gradients of the inputs by name; `output` is given after the activation. */
function gradients(
  dy: tf.Tensor,
  { input, weight, output, attributes }: {
    input: tf.Tensor;
    weight: tf.Tensor;
    output: tf.Tensor;
    attributes: GroupedLinearAttributes;
  },
): Record<string, () => tf.Tensor> {
  const { counts, activation, hasBias } = attributes;
  let dz = dy;
  let bias = () => runKernel("GroupedBiasGrad", { dy }, { counts })[0]!;
  if (activation === "relu") {
    const [masked, dBias] = runKernel("GroupedBiasReluGrad", { dy, output }, { counts }) as [tf.Tensor, tf.Tensor];
    dz = masked;
    bias = () => dBias;
  }
  return {
    input: () => runKernel("GroupedInputGrad", { dz, weight }, { counts })[0]!,
    weight: () => runKernel("GroupedWeightGrad", { input, dz }, { counts })[0]!,
    ...(hasBias ? { bias } : {}),
  };
}

tf.registerGradient({
  kernelName: "GroupedLinear",
  inputsToSave: ["input", "weight"],
  outputsToSave: [true],
  gradFunc: (dy, [input, weight, output], attributes) =>
    gradients(dy as tf.Tensor, {
      input: input!,
      weight: weight!,
      output: output!,
      attributes: attributes as unknown as GroupedLinearAttributes,
    }),
});
