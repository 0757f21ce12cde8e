import * as tf from "@tensorflow/tfjs";
import type { TensorInfo } from "@tensorflow/tfjs";
import type { TableMaxOps } from "../table_max.ts";
import { runKernel } from "./own_kernels.ts";
import { scratchFor, wasmKernel } from "./wasm_heap.ts";

const FLOAT = 4;

interface GradientInputs {
  /** [J, B, H]. */
  readonly dy: TensorInfo;
  /** int32 [J, B, H]. */
  readonly winner: TensorInfo;
  /** int32 [I, B], as is `ownRows`. */
  readonly rows: TensorInfo;
  readonly ownRows: TensorInfo;
}

interface MaximumInputs {
  /** [J, R, H]. */
  readonly table: TensorInfo;
  readonly rows: TensorInfo;
  readonly ownRows: TensorInfo;
  /** [B, J, I] or [1, J, I]. */
  readonly mask: TensorInfo;
}

const int32 = ["winner", "rows", "ownRows"] as const;

const kernels = [
  wasmKernel<MaximumInputs>("TableMax", (context) => {
    const { backend, exports, inputs: { table, rows, ownRows, mask }, at } = context;
    const [targets, tableRows, width] = table.shape as [number, number, number];
    const [inputs, batch] = rows.shape as [number, number];
    const out = context.output([targets, batch, width]);
    const winner = backend.makeOutput([targets, batch, width], "int32");
    const active = scratchFor(backend, "active inputs", 2 * FLOAT * inputs);
    const maskStride = mask.shape[0] === 1 ? 0 : targets * inputs;
    exports.tableMax(
      ...[at(table), at(rows), at(ownRows), at(mask), at(out), at(winner), active] as const,
      ...[targets, inputs, batch, tableRows, width, maskStride] as const,
    );
    return [out, winner];
  }, { int32: ["rows", "ownRows"] }),

  wasmKernel<GradientInputs, { readonly tableRows: number }>("TableMaxGradient", (context) => {
    const { exports, inputs: { dy, winner, rows, ownRows }, attributes: { tableRows }, at } = context;
    const [targets, batch, width] = dy.shape as [number, number, number];
    const table = context.zeros([targets, tableRows, width]);
    exports.tableMaxGradient(
      ...[at(dy), at(winner), at(rows), at(ownRows), at(table), targets, batch, tableRows, width] as const,
    );
    return table;
  }, { int32 }),

  wasmKernel<
    GradientInputs & { readonly slopes: TensorInfo },
    { readonly column: number; readonly offset: number }
  >("TableMaxInputGradient", (context) => {
    const { exports, inputs: { dy, winner, rows, ownRows, slopes }, attributes: { column, offset }, at } = context;
    const [targets, batch, width] = dy.shape as [number, number, number];
    const [, count, categories] = slopes.shape as [number, number, number];
    const own = context.zeros([count, batch, categories]);
    const others = context.zeros([count, batch, categories]);
    exports.tableMaxInputGradient(
      ...[at(dy), at(winner), at(rows), at(ownRows), at(slopes), at(own), at(others)] as const,
      ...[targets, column, count, categories, offset, batch, width] as const,
    );
    return [own, others];
  }, { int32 }),
];

for (const kernel of kernels) tf.registerKernel(kernel);

/** Maxima over table rows on the wasm backend's memory. */
export const tableMaxKernels: TableMaxOps = {
  forward({ table, rows, ownRows, mask }) {
    const [maximum, winner] = runKernel("TableMax", { table, rows, ownRows, mask }, {});
    return { maximum: maximum as tf.Tensor3D, winner: winner as tf.Tensor3D };
  },
  tableGradient: (dy, { winner, rows, ownRows, tableRows }) =>
    runKernel("TableMaxGradient", { dy, winner, rows, ownRows }, { tableRows })[0] as tf.Tensor3D,
  inputGradient(dy, { winner, rows, ownRows }, { tensor, column, offset }) {
    const [own, others] = runKernel("TableMaxInputGradient", { dy, winner, rows, ownRows, slopes: tensor }, {
      column,
      offset,
    });
    return { own: own as tf.Tensor3D, others: others as tf.Tensor3D };
  },
};
