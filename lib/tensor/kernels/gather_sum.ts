import * as tf from "@tensorflow/tfjs";
import type { TensorInfo } from "@tensorflow/tfjs";
import { clear, heapOf, scratchFor } from "./own_kernels.ts";
import { addressOf } from "./wasm_heap.ts";

const FLOAT = 4;

// The sums of assembly/table_sum.ts for one target, without a mask: what it reads of columns plays no part then, so
// the index stands in for them.

tf.registerKernel({
  kernelName: "GatherSum",
  backendName: "wasm",
  kernelFunc: ({ inputs, backend: wasm }) => {
    const { backend, exports } = heapOf(wasm);
    const { table, index } = inputs as { table: TensorInfo; index: TensorInfo };
    const [tableRows, width] = table.shape as [number, number];
    const [terms, batch] = index.shape as [number, number];
    const out = backend.makeOutput([batch, width], "float32");
    const rows = addressOf(backend, index);
    const active = scratchFor(backend, "active", 2 * FLOAT * terms);
    exports.tableSum(
      ...[addressOf(backend, table), rows, 0, rows, 0, 0, addressOf(backend, out), active] as const,
      ...[1, terms, batch, tableRows, width, 0] as const,
    );
    return out;
  },
});

tf.registerKernel({
  kernelName: "GatherSumGrad",
  backendName: "wasm",
  kernelFunc: ({ inputs, backend: wasm, attrs }) => {
    const { backend, exports } = heapOf(wasm);
    const { dy, index } = inputs as { dy: TensorInfo; index: TensorInfo };
    const { rows: tableRows } = attrs as unknown as { rows: number };
    const [terms, batch] = index.shape as [number, number];
    const width = dy.shape[1]!;
    const out = backend.makeOutput([tableRows, width], "float32");
    const target = addressOf(backend, out);
    clear(backend, target, FLOAT * tableRows * width);
    const rows = addressOf(backend, index);
    exports.tableSumGradient(
      ...[0, rows, 0, rows, 0, addressOf(backend, dy), target, 0] as const,
      ...[1, terms, batch, tableRows, width, 0] as const,
    );
    return out;
  },
});
