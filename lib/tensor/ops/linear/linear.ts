import type * as tf from "@tensorflow/tfjs";
import { eitherOf } from "../../kernels/either_of.ts";
import type { Activation, LinearOperation, LinearWeights } from "./contract.ts";
import { plainLinear } from "./plain.ts";
import { kernelLinear } from "./wasm.ts";

const operation = eitherOf<LinearOperation>({ plain: plainLinear, wasm: kernelLinear });

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
  options: { readonly activation?: Activation } = {},
): tf.Tensor<R> {
  checkShapes(input, layer);
  return operation()(input, layer, options.activation ?? "linear");
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
