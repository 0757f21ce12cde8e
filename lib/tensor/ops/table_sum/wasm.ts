import type * as tf from "@tensorflow/tfjs";
import { NOWHERE } from "../../kernels/address.ts";
import { defineKernel } from "../../kernels/define_kernel.ts";
import { scratchFor } from "../../kernels/heap.ts";
import type { TableLayout } from "../table_layout.ts";
import type { TableSumInput, TableSumOps } from "./contract.ts";

interface MaskedRows {
  /** int32 [I, B]. */
  readonly rows: tf.Tensor2D;
  /** [B, J, W]. */
  readonly mask: tf.Tensor3D | undefined;
  /** int32 [I]. */
  readonly columns: tf.Tensor1D;
  /** int32 [J, W]. */
  readonly needed: tf.Tensor2D | undefined;
}

interface TableInputs extends MaskedRows {
  /** [J, R, H]. */
  readonly table: tf.Tensor3D;
}

interface Attributes {
  readonly layout: TableLayout;
}

const int32 = ["rows", "columns", "needed"] as const;

const forward = defineKernel<TableInputs & { readonly bias: tf.Tensor | undefined }, [tf.Tensor3D], Attributes>(
  "TableSum",
  (context) => {
    const { backend, calls, inputs, attributes: { layout: { maskWidth } }, at } = context;
    const { table, rows, bias } = inputs;
    const [targets, tableRows, width] = table.shape;
    const [variables, batch] = rows.shape;
    const out = context.output([targets, batch, width]);
    calls.tableSum({
      table: at(table),
      rows: at(rows),
      mask: at(inputs.mask),
      columns: at(inputs.columns),
      needed: at(inputs.needed),
      bias: at(bias),
      out: at(out),
      active: scratchFor(backend, "active", 2 * variables),
    }, { targets, variables, batch, tableRows, width, maskWidth });
    return [out];
  },
  { int32 },
);

/** Gradients of the table and of the mask; the second is empty without one. */
const gradient = defineKernel<TableInputs & { readonly dy: tf.Tensor3D }, [tf.Tensor3D, tf.Tensor], Attributes>(
  "TableSumGradient",
  (context) => {
    const { calls, inputs, attributes: { layout: { maskWidth } }, at } = context;
    const { table, rows, mask, dy } = inputs;
    const [targets, tableRows, width] = table.shape;
    const [variables, batch] = rows.shape;
    const dTable = context.zeros([targets, tableRows, width]);
    // Columns of variables without a table are not written.
    const allocate = variables < maskWidth ? context.zeros : context.output;
    const dMask = allocate<number[]>(mask ? [batch, targets, maskWidth] : [0]);
    calls.tableSumGradient({
      table: at(table),
      rows: at(rows),
      mask: at(mask),
      columns: at(inputs.columns),
      needed: at(inputs.needed),
      dy: at(dy),
      dTable: at(dTable),
      dMask: mask ? at(dMask) : NOWHERE,
    }, { targets, variables, batch, tableRows, width, maskWidth });
    return [dTable, dMask];
  },
  { int32 },
);

const inputGradient = defineKernel<
  MaskedRows & { readonly jacobian: tf.Tensor3D; readonly dy: tf.Tensor3D },
  [tf.Tensor3D],
  Attributes & { readonly first: number; readonly count: number }
>("TableInputGradient", (context) => {
  const { calls, inputs: { rows, mask, columns, needed, jacobian, dy }, attributes, at } = context;
  const { layout: { blocks, maskWidth }, first, count } = attributes;
  const [targets, jacobianRows, width] = jacobian.shape;
  const batch = rows.shape[1];
  const { categories, offset, jacobianOffset } = blocks[first]!;
  const out = context.output([count, batch, categories]);
  calls.tableInputGradient({
    jacobian: at(jacobian),
    rows: at(rows),
    mask: at(mask),
    columns: at(columns),
    needed: at(needed),
    dy: at(dy),
    dx: at(out),
  }, { targets, first, count, categories, rowOffset: offset, jacobianOffset, jacobianRows, batch, width, maskWidth });
  return [out];
}, { int32 });

/** Masked sums of table rows on the wasm backend's memory. */
export const tableSumKernels: TableSumOps = {
  forward(input) {
    const inputs = { ...maskedRows(input), table: input.table, bias: input.bias ?? undefined };
    return { sum: forward(inputs, { layout: input.layout })[0], forGradient: [] };
  },
  gradient(dy, input) {
    const inputs = { ...maskedRows(input), table: input.table, dy };
    const [table, mask] = gradient(inputs, { layout: input.layout });
    return { table, mask: input.mask ? mask as tf.Tensor3D : null };
  },
  inputGradients: (dy, input) =>
    input.inputs.map(({ oneHot, first }) => {
      const inputs = { ...maskedRows(input), jacobian: input.jacobian!, dy };
      return inputGradient(inputs, { layout: input.layout, first, count: oneHot.shape[0] })[0];
    }),
};

function maskedRows({ chosen, mask, layout, needed }: TableSumInput): MaskedRows {
  return { rows: chosen.rows!, mask: mask ?? undefined, columns: layout.columns, needed: needed?.tensor };
}
