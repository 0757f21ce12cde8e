import type * as tf from "@tensorflow/tfjs";
import { eitherOf } from "../../kernels/either_of.ts";
import type { AdamState, AdamStep, AdamStepOptions } from "./contract.ts";
import { plainStep } from "./plain.ts";
import { fusedStep } from "./wasm.ts";

const step = eitherOf<AdamStep>({ plain: plainStep, wasm: fusedStep });

/**
 * One step of Adam (Kingma & Ba 2015; β 0.9 and 0.999, ε 1e-8) with gradients scaled down to a global norm first.
 * Arithmetic follows PyTorch's: `step / (sqrt(v) / sqrt(1 - β2^t) + ε)`, clip factor `clip / (norm + 1e-6)`.
 *
 * Where the backend has the kernel, numbers change in place unless another tensor shares them.
 *
 * @returns The gradients' global norm before clipping, a scalar; the caller disposes it.
 * @throws {TypeError} If numbers of gradients or sizes do not fit the parameters.
 */
export function adamStep(state: AdamState, options: AdamStepOptions): tf.Scalar {
  checkSizes(state, options);
  return step()(state, options);
}

function checkSizes({ parameters, mean, square }: AdamState, { gradients }: AdamStepOptions): void {
  const count = parameters.reduce((sum, parameter) => sum + parameter.size, 0);
  if (gradients.length !== parameters.length || mean.size !== count || square.size !== count) {
    throw new TypeError(
      `Cannot take an Adam step: sizes do not fit, expected ${parameters.length} gradients and moments of ${count} ` +
        `numbers, got ${gradients.length} gradients and moments of ${mean.size} and ${square.size}`,
    );
  }
  parameters.forEach((parameter, i) => {
    const gradient = gradients[i];
    if (gradient && gradient.shape.join() !== parameter.shape.join()) {
      throw new TypeError(
        `Cannot take an Adam step: expected gradient ${i} of shape [${parameter.shape}], got [${gradient.shape}]`,
      );
    }
  });
}
