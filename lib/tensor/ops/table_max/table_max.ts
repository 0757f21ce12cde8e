import type * as tf from "@tensorflow/tfjs";
import { customGradient } from "../../custom_gradient.ts";
import { eitherOf } from "../../kernels/either_of.ts";
import type { TableMaxInput, TableMaxOps } from "./contract.ts";
import { plainTableMax } from "./plain.ts";
import { tableMaxKernels } from "./wasm.ts";

const operations = eitherOf<TableMaxOps>({ plain: plainTableMax, wasm: tableMaxKernels });

/**
 * `out[j, b, h] = max over inputs i with mask[b, j, i] of table[j, row of i, h]`. The gradient goes to the entry that
 * wins, the first on a tie, and by its Jacobian to the one-hot that chose its row.
 *
 * @returns float32 [J, B, H]; the caller disposes it.
 */
export function tableMax(input: TableMaxInput): tf.Tensor3D {
  const { learning } = input;
  const ops = operations();
  const tableRows = input.table.shape[1];
  return customGradient([input.table, ...learning.map((run) => run.own), ...learning.map((run) => run.others)], {
    forward() {
      const { maximum, winner } = ops.forward(input);
      const jacobian = learning.map((run) => run.jacobian.tensor);
      return { value: maximum, saved: [winner, input.rows, input.ownRows, ...jacobian] };
    },
    gradient(dy, [winner, rows, ownRows, ...jacobian]) {
      const kept = { winner, rows, ownRows, tableRows };
      const parts = learning.map((run, r) => ops.inputGradient(dy, kept, { ...run.jacobian, tensor: jacobian[r]! }));
      return [ops.tableGradient(dy, kept), ...parts.map((part) => part.own), ...parts.map((part) => part.others)];
    },
  });
}
