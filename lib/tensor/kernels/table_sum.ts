import * as tf from "@tensorflow/tfjs";
import type { TensorInfo } from "@tensorflow/tfjs";
import type { TableSumInput, TableSumOps } from "../table_sum.ts";
import type { TableLayout } from "../table_layout.ts";
import { runKernel } from "./own_kernels.ts";
import { scratchFor, wasmKernel } from "./wasm_heap.ts";

const FLOAT = 4;

interface TableInputs {
  /** [J, R, H]. */
  readonly table: TensorInfo;
  /** int32 [I, B]. */
  readonly rows: TensorInfo;
  /** [B, J, W]. */
  readonly mask?: TensorInfo;
  /** int32 [I]. */
  readonly columns: TensorInfo;
  /** int32 [J, W]. */
  readonly needed?: TensorInfo;
}

interface TableAttributes {
  readonly layout: TableLayout;
}

const int32 = ["rows", "columns", "needed"] as const;

const kernels = [
  wasmKernel<TableInputs & { readonly bias?: TensorInfo }, TableAttributes>("TableSum", (context) => {
    const { backend, exports, inputs, attributes: { layout }, at } = context;
    const { table, rows, mask, columns, needed, bias } = inputs;
    const [targets, tableRows, width] = table.shape as [number, number, number];
    const [variables, batch] = rows.shape as [number, number];
    const out = context.output([targets, batch, width]);
    const active = scratchFor(backend, "active", 2 * FLOAT * variables);
    exports.tableSum(
      ...[at(table), at(rows), at(mask), at(columns), at(needed), at(bias), at(out), active] as const,
      ...[targets, variables, batch, tableRows, width, layout.maskWidth] as const,
    );
    return out;
  }, { int32 }),

  wasmKernel<TableInputs & { readonly dy: TensorInfo }, TableAttributes>("TableSumGradient", (context) => {
    const { exports, inputs, attributes: { layout: { maskWidth } }, at } = context;
    const { table, rows, mask, columns, needed, dy } = inputs;
    const [targets, tableRows, width] = table.shape as [number, number, number];
    const [variables, batch] = rows.shape as [number, number];
    const dTable = context.zeros([targets, tableRows, width]);
    // Columns of variables without a table are not written.
    const dMask = variables < maskWidth
      ? context.zeros(mask ? [batch, targets, maskWidth] : [0])
      : context.output(mask ? [batch, targets, maskWidth] : [0]);
    exports.tableSumGradient(
      ...[at(table), at(rows), at(mask), at(columns), at(needed), at(dy)] as const,
      ...[at(dTable), mask ? at(dMask) : 0, targets, variables, batch, tableRows, width, maskWidth] as const,
    );
    return [dTable, dMask];
  }, { int32 }),

  wasmKernel<
    Omit<TableInputs, "table"> & { readonly slopes: TensorInfo; readonly dy: TensorInfo },
    TableAttributes & { readonly first: number; readonly count: number }
  >("TableInputGradient", (context) => {
    const { exports, inputs, attributes: { layout, first, count }, at } = context;
    const { rows, mask, columns, needed, slopes, dy } = inputs;
    const [targets, slopeRows, width] = slopes.shape as [number, number, number];
    const batch = rows.shape[1]!;
    const { categories, offset, slopeOffset } = layout.blocks[first]!;
    const out = context.output([count, batch, categories]);
    exports.tableInputGradient(
      ...[at(slopes), at(rows), at(mask), at(columns), at(needed), at(dy), at(out)] as const,
      ...[targets, first, count, categories, offset, slopeOffset, slopeRows, batch, width] as const,
      layout.maskWidth,
    );
    return out;
  }, { int32 }),
];

for (const kernel of kernels) tf.registerKernel(kernel);

/** Masked sums of table rows on the wasm backend's memory. */
export const tableSumKernels: TableSumOps = {
  forward(input) {
    const [sum] = runKernel("TableSum", tensorsOf(input), { layout: input.layout });
    return { sum: sum as tf.Tensor3D, forGradient: [] };
  },
  gradient(dy, input) {
    const [table, mask] = runKernel("TableSumGradient", { ...tensorsOf(input), dy }, { layout: input.layout });
    return { table: table as tf.Tensor3D, mask: input.mask ? mask as tf.Tensor3D : null };
  },
  inputGradients: (dy, input) =>
    input.inputs.map(({ oneHot, first }) => {
      const attributes = { layout: input.layout, first, count: oneHot.shape[0] };
      const [gradient] = runKernel(
        "TableInputGradient",
        { ...tensorsOf(input), slopes: input.slopes!, dy },
        attributes,
      );
      return gradient as tf.Tensor3D;
    }),
};

function tensorsOf(input: TableSumInput): Record<string, tf.Tensor | undefined> {
  return {
    table: input.table,
    rows: input.chosen.rows!,
    mask: input.mask ?? undefined,
    bias: input.bias ?? undefined,
    columns: input.layout.columns,
    needed: input.needed?.tensor,
  };
}
