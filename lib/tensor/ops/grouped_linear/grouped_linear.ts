import type * as tf from "@tensorflow/tfjs";
import { eitherOf } from "../../kernels/either_of.ts";
import type { Activation, LinearWeights } from "../linear/contract.ts";
import type { GroupedLinear, Groups } from "./contract.ts";
import { plainGroupedLinear } from "./plain.ts";
import { kernelGroupedLinear } from "./wasm.ts";

const operation = eitherOf<GroupedLinear>({ plain: plainGroupedLinear, wasm: kernelGroupedLinear });

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
  options: Groups & { readonly activation?: Activation },
): tf.Tensor2D {
  const { counts, activation = "linear" } = options;
  const [stack, inner] = layer.weight.shape;
  const rows = counts.reduce((sum, count) => sum + count, 0);
  if (counts.length !== stack || input.shape[0] !== rows || input.shape[1] !== inner) {
    throw new TypeError(
      `Cannot apply linear layers to groups: shapes do not fit, expected rows of ${stack} groups of width ${inner}, ` +
        `got [${input.shape}] in ${counts.length} groups of ${rows} rows`,
    );
  }
  return operation()(input, layer, { counts, activation });
}
