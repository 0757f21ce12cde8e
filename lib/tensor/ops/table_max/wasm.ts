import type * as tf from "@tensorflow/tfjs";
import { defineKernel } from "../../kernels/define_kernel.ts";
import { scratchFor } from "../../kernels/heap.ts";
import type { TableMaxOps, TableMaxRows } from "./contract.ts";

interface GradientInputs extends TableMaxRows {
  /** [J, B, H]. */
  readonly dy: tf.Tensor3D;
  /** int32 [J, B, H]. */
  readonly winner: tf.Tensor3D;
}

interface MaximumInputs extends TableMaxRows {
  /** [J, R, H]. */
  readonly table: tf.Tensor3D;
  /** [B, J, I] or [1, J, I]. */
  readonly mask: tf.Tensor3D;
}

const int32 = ["winner", "rows", "ownRows"] as const;

/** The maximum and who won. */
const forward = defineKernel<MaximumInputs, [tf.Tensor3D, tf.Tensor3D]>("TableMax", (context) => {
  const { backend, calls, inputs: { table, rows, ownRows, mask }, at } = context;
  const [targets, tableRows, width] = table.shape;
  const [inputs, batch] = rows.shape;
  const out = context.output([targets, batch, width]);
  const winner = context.integers([targets, batch, width]);
  const maskStride = mask.shape[0] === 1 ? 0 : targets * inputs;
  calls.tableMax({
    table: at(table),
    rows: at(rows),
    ownRows: at(ownRows),
    mask: at(mask),
    out: at(out),
    winner: at(winner),
    active: scratchFor(backend, "active inputs", 2 * inputs),
  }, { targets, inputs, batch, tableRows, width, maskStride });
  return [out, winner];
}, { int32: ["rows", "ownRows"] });

const tableGradient = defineKernel<GradientInputs, [tf.Tensor3D], { readonly tableRows: number }>(
  "TableMaxGradient",
  ({ calls, inputs: { dy, winner, rows, ownRows }, attributes: { tableRows }, at, zeros }) => {
    const [targets, batch, width] = dy.shape;
    const table = zeros([targets, tableRows, width]);
    const places = { dy: at(dy), winner: at(winner), rows: at(rows), ownRows: at(ownRows), dTable: at(table) };
    calls.tableMaxGradient(places, { targets, batch, tableRows, width });
    return [table];
  },
  { int32 },
);

const inputGradient = defineKernel<
  GradientInputs & { readonly jacobian: tf.Tensor },
  [tf.Tensor3D, tf.Tensor3D],
  { readonly column: number; readonly offset: number }
>("TableMaxInputGradient", ({ calls, inputs, attributes: { column, offset }, at, zeros }) => {
  const { dy, winner, rows, ownRows, jacobian } = inputs;
  const [targets, batch, width] = dy.shape;
  const [, count, categories] = jacobian.shape as [number, number, number];
  const [own, others] = [zeros([count, batch, categories]), zeros([count, batch, categories])];
  calls.tableMaxInputGradient({
    dy: at(dy),
    winner: at(winner),
    rows: at(rows),
    ownRows: at(ownRows),
    jacobian: at(jacobian),
    dOwn: at(own),
    dOthers: at(others),
  }, { targets, column, count, categories, rowOffset: offset, batch, width });
  return [own, others];
}, { int32 });

/** Maxima over table rows on the wasm backend's memory. */
export const tableMaxKernels: TableMaxOps = {
  forward({ table, rows, ownRows, mask }) {
    const [maximum, winner] = forward({ table, rows, ownRows, mask }, {});
    return { maximum, winner };
  },
  tableGradient: (dy, { winner, rows, ownRows, tableRows }) =>
    tableGradient({ dy, winner, rows, ownRows }, { tableRows })[0],
  inputGradient(dy, { winner, rows, ownRows }, { tensor, column, offset }) {
    const [own, others] = inputGradient({ dy, winner, rows, ownRows, jacobian: tensor }, { column, offset });
    return { own, others };
  },
};
