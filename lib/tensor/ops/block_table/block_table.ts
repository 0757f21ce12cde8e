import type * as tf from "@tensorflow/tfjs";
import { customGradient } from "../../custom_gradient.ts";
import { eitherOf } from "../../kernels/either_of.ts";
import type { BlockTableOps, BlockTableOptions } from "./contract.ts";
import { plainBlockTable } from "./plain.ts";
import { blockTableKernels } from "./wasm.ts";

const operations = eitherOf<BlockTableOps>({ plain: plainBlockTable, wasm: blockTableKernels });

/**
 * First-layer tables: `table[j, r] = features[r] · weight[j, block of r's variable]`.
 *
 * @param features float32 [R, H]: each variable's feature in each of its categories.
 * @param weight float32 [J, W·H (+ more), H'].
 * @returns float32 [J, R, H'], zero where a target never takes a variable; differentiable in both; the caller
 * disposes it.
 */
export function blockTable(features: tf.Tensor2D, weight: tf.Tensor3D, options: BlockTableOptions): tf.Tensor3D {
  const { forward, featuresGradient, weightGradient } = operations();
  return customGradient([features, weight], {
    forward: (features, weight) => ({ value: forward(features, weight, options), saved: [features, weight] }),
    gradient(dy, [features, weight]) {
      const operands = { features, weight, ...options };
      return [featuresGradient(dy, operands), weightGradient(dy, operands)];
    },
  });
}
