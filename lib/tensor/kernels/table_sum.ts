import * as tf from "@tensorflow/tfjs";
import type { TensorInfo } from "@tensorflow/tfjs";
import type { TableSumInput, TableSumOps } from "../table_sum.ts";
import type { TableLayout } from "../table_layout.ts";
import { clear, heapOf, type KernelHeap, runKernel, scratchFor } from "./own_kernels.ts";
import { addressOf } from "./wasm_heap.ts";

const FLOAT = 4;

interface Operands {
  readonly heap: KernelHeap;
  readonly layout: TableLayout;
  readonly attributes: Readonly<Record<string, number>>;
  /** Address of an input, 0 when it is absent. */
  readonly at: (name: string) => number;
  /** Shape of an input. */
  readonly shape: (name: string) => number[];
}

function register(name: string, run: (operands: Operands) => TensorInfo | TensorInfo[]): void {
  tf.registerKernel({
    kernelName: name,
    backendName: "wasm",
    kernelFunc: ({ inputs, backend, attrs }) => {
      const heap = heapOf(backend);
      const tensors = inputs as Record<string, TensorInfo | undefined>;
      const { layout, ...attributes } = attrs as unknown as { layout: TableLayout } & Record<string, number>;
      return run({
        heap,
        layout,
        attributes: attributes as Record<string, number>,
        at: (input) => tensors[input] ? addressOf(heap.backend, tensors[input]) : 0,
        shape: (input) => tensors[input]!.shape,
      });
    },
  });
}

register("TableSum", ({ heap: { backend, exports }, layout, at, shape }) => {
  const [targets, tableRows, width] = shape("table") as [number, number, number];
  const [variables, batch] = shape("rows") as [number, number];
  const out = backend.makeOutput([targets, batch, width], "float32");
  const active = scratchFor(backend, "active", 2 * FLOAT * variables);
  exports.tableSum(
    ...[at("table"), at("rows"), at("mask"), at("columns"), at("needed"), at("bias")] as const,
    ...[addressOf(backend, out), active, targets, variables, batch, tableRows, width, layout.maskWidth] as const,
  );
  return out;
});

register("TableSumGradient", ({ heap: { backend, exports }, layout, at, shape }) => {
  const [targets, tableRows, width] = shape("table") as [number, number, number];
  const [variables, batch] = shape("rows") as [number, number];
  const table = backend.makeOutput([targets, tableRows, width], "float32");
  clear(backend, addressOf(backend, table), FLOAT * targets * tableRows * width);
  const hasMask = at("mask") !== 0;
  const mask = backend.makeOutput(hasMask ? [batch, targets, layout.maskWidth] : [0], "float32");
  // Columns of variables without a table are not written.
  if (hasMask && variables < layout.maskWidth) {
    clear(backend, addressOf(backend, mask), FLOAT * batch * targets * layout.maskWidth);
  }
  exports.tableSumGradient(
    ...[at("table"), at("rows"), at("mask"), at("columns"), at("needed"), at("dy")] as const,
    ...[addressOf(backend, table), hasMask ? addressOf(backend, mask) : 0] as const,
    ...[targets, variables, batch, tableRows, width, layout.maskWidth] as const,
  );
  return [table, mask];
});

register("TableInputGradient", ({ heap: { backend, exports }, layout, attributes, at, shape }) => {
  const [targets, slopeRows, width] = shape("slopes") as [number, number, number];
  const batch = shape("rows")[1]!;
  const { first, count } = attributes as { first: number; count: number };
  const { categories, offset, slopeOffset } = layout.blocks[first]!;
  const out = backend.makeOutput([count, batch, categories], "float32");
  exports.tableInputGradient(
    ...[at("slopes"), at("rows"), at("mask"), at("columns"), at("needed"), at("dy")] as const,
    ...[addressOf(backend, out), targets, first, count, categories, offset, slopeOffset, slopeRows] as const,
    ...[batch, width, layout.maskWidth] as const,
  );
  return out;
});

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
