import * as tf from "@tensorflow/tfjs";
import type { TensorInfo } from "@tensorflow/tfjs";
import { scratchFor, wasmKernel } from "./wasm_heap.ts";

const FLOAT = 4;

// The sums of assembly/table_sum.ts for one target, without a mask: what it reads of columns plays no part then, so
// the index stands in for them.

const kernels = [
  wasmKernel<{ table: TensorInfo; index: TensorInfo }>("GatherSum", (context) => {
    const { backend, exports, inputs: { table, index }, at } = context;
    const [tableRows, width] = table.shape as [number, number];
    const [terms, batch] = index.shape as [number, number];
    const out = context.output([batch, width]);
    const active = scratchFor(backend, "active", 2 * FLOAT * terms);
    exports.tableSum(
      ...[at(table), at(index), 0, at(index), 0, 0, at(out), active] as const,
      ...[1, terms, batch, tableRows, width, 0] as const,
    );
    return out;
  }, { int32: ["index"] }),

  wasmKernel<{ dy: TensorInfo; index: TensorInfo }, { rows: number }>("GatherSumGrad", (context) => {
    const { exports, inputs: { dy, index }, attributes: { rows: tableRows }, at } = context;
    const [terms, batch] = index.shape as [number, number];
    const width = dy.shape[1]!;
    const out = context.zeros([tableRows, width]);
    exports.tableSumGradient(
      ...[0, at(index), 0, at(index), 0, at(dy), at(out), 0] as const,
      ...[1, terms, batch, tableRows, width, 0] as const,
    );
    return out;
  }, { int32: ["index"] }),
];

for (const kernel of kernels) tf.registerKernel(kernel);
