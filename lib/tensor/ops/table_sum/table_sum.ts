import * as tf from "@tensorflow/tfjs";
import { customGradient } from "../../custom_gradient.ts";
import { eitherOf } from "../../kernels/either_of.ts";
import type { TableSumInput, TableSumOps } from "./contract.ts";
import { plainTableSum } from "./plain.ts";
import { tableSumKernels } from "./wasm.ts";

const operations = eitherOf<TableSumOps>({ plain: plainTableSum, wasm: tableSumKernels });

/**
 * `out[j, b] = bias[j] + Σ_i mask[b, j, i] · table[j, row of i in b]`: the first layer of J networks on exact one-hots.
 * Differentiable in table, mask, bias and, through `jacobian`, the one-hots.
 *
 * @returns float32 [J, B, H]; the caller disposes it.
 */
export function tableSum(input: TableSumInput): tf.Tensor3D {
  const { table, mask, bias, inputs, chosen, jacobian } = input;
  const ops = operations();
  const operands = [table, ...(mask ? [mask] : []), ...(bias ? [bias] : []), ...inputs.map((run) => run.oneHot)];
  return customGradient(operands, {
    forward() {
      const { sum, forGradient } = ops.forward(input);
      const given = [...(mask ? [mask] : []), ...(jacobian ? [jacobian] : [])];
      return { value: sum, saved: [table, chosen.rows ?? chosen.taken!, ...given, ...forGradient] };
    },
    gradient(dy, [table, places, ...rest]) {
      const kept = {
        ...{ ...input, table, chosen: { ...chosen, [chosen.rows ? "rows" : "taken"]: places } },
        mask: mask ? rest.shift() as tf.Tensor3D : null,
        jacobian: jacobian ? rest.shift() as tf.Tensor3D : null,
        forGradient: rest,
      };
      const { table: dTable, mask: dMask } = ops.gradient(dy, kept);
      return [
        dTable,
        ...(mask ? [dMask!] : []),
        ...(bias ? [columnSums(dy).reshape(bias.shape)] : []),
        ...(inputs.length > 0 ? ops.inputGradients(dy, kept) : []),
      ];
    },
  });
}

/** Sums over the batch, [J, B, H] to [J, 1, H], as a product: the stock sum over a middle axis transposes first. */
function columnSums(dy: tf.Tensor3D): tf.Tensor3D {
  const [targets, batch] = dy.shape;
  return tf.tidy(() => tf.matMul(tf.ones([targets, 1, batch]), dy) as tf.Tensor3D);
}
