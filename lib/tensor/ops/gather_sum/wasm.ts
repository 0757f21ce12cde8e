import type * as tf from "@tensorflow/tfjs";
import { NOWHERE } from "../../kernels/address.ts";
import { defineGradient, defineKernel } from "../../kernels/define_kernel.ts";
import { scratchFor } from "../../kernels/heap.ts";

// The sums of ../table_sum/kernel.ts for one target, without a mask: what it reads of columns plays no part then, so the
// index stands in for them.

interface GatherSumInputs {
  readonly table: tf.Tensor2D;
  readonly index: tf.Tensor2D;
}

const forward = defineKernel<GatherSumInputs, [tf.Tensor2D]>("GatherSum", (context) => {
  const { backend, calls, inputs: { table, index }, at } = context;
  const [tableRows, width] = table.shape;
  const [variables, batch] = index.shape;
  const out = context.output([batch, width]);
  calls.tableSum({
    table: at(table),
    rows: at(index),
    mask: NOWHERE,
    columns: at(index),
    needed: NOWHERE,
    bias: NOWHERE,
    out: at(out),
    active: scratchFor(backend, "active", 2 * variables),
  }, { targets: 1, variables, batch, tableRows, width, maskWidth: 0 });
  return [out];
}, { int32: ["index"] });

const gradient = defineKernel<
  { readonly dy: tf.Tensor2D; readonly index: tf.Tensor2D },
  [tf.Tensor2D],
  { readonly tableRows: number }
>("GatherSumGrad", ({ calls, inputs: { dy, index }, attributes: { tableRows }, at, zeros }) => {
  const [variables, batch] = index.shape;
  const width = dy.shape[1];
  const out = zeros([tableRows, width]);
  calls.tableSumGradient({
    table: NOWHERE,
    rows: at(index),
    mask: NOWHERE,
    columns: at(index),
    needed: NOWHERE,
    dy: at(dy),
    dTable: at(out),
    dMask: NOWHERE,
  }, { targets: 1, variables, batch, tableRows, width, maskWidth: 0 });
  return [out];
}, { int32: ["index"] });

defineGradient<GatherSumInputs, tf.Tensor2D>("GatherSum", {
  saves: ["table", "index"],
  of: (dy, { table, index }) => ({
    table: () => gradient({ dy, index }, { tableRows: table.shape[0] })[0],
  }),
});

/** On the wasm backend's memory. */
export function kernelGatherSum(table: tf.Tensor2D, index: tf.Tensor2D): tf.Tensor2D {
  return forward({ table, index }, {})[0];
}
