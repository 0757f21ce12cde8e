import * as tf from "@tensorflow/tfjs";
import { customGradient } from "../../custom_gradient.ts";
import { eitherOf } from "../../kernels/either_of.ts";
import type { JacobianLayout, JacobianOps, JacobianRows, ReluNetwork } from "./contract.ts";
import { plainJacobian } from "./plain.ts";
import { jacobianKernels } from "./wasm.ts";

const operations = eitherOf<JacobianOps>({ plain: plainJacobian, wasm: jacobianKernels });

/**
 * Exact derivatives of the network's output. Not differentiable.
 *
 * @param directions The first layer's derivative along each direction before its ReLU, float32 [X, H_0].
 * @returns float32 [S, H]; the caller disposes it.
 */
export function networkJacobian(
  directions: tf.Tensor2D,
  options: { readonly layout: JacobianLayout; readonly network: ReluNetwork },
): tf.Tensor2D {
  // A custom gradient keeps the operations off the tape.
  return customGradient([directions], {
    forward: (directions) => ({ value: operations().forward(directions, options), saved: [] }),
    gradient: () => [tf.zeros(directions.shape)],
  });
}

/**
 * Gradient of encoded inputs: the product of each row with each row of the Jacobian at its points, summed by sample and
 * column. Not differentiable.
 *
 * @param dy float32 [R, H].
 * @returns float32 [B, D]; the caller disposes it.
 */
export function jacobianProducts(dy: tf.Tensor2D, rows: JacobianRows): tf.Tensor2D {
  return operations().products(dy, rows);
}
