import * as tf from "@tensorflow/tfjs";
import type { TensorInfo } from "@tensorflow/tfjs";
import { gemm } from "./gemm.ts";
import { addressOf, type WasmBackend, wasmKernel } from "./wasm_heap.ts";

interface GroupedLinearInputs {
  /** [R, in]. */
  readonly input: TensorInfo;
  /** [V, in, out]. */
  readonly weight: TensorInfo;
  /** [V, 1, out]. */
  readonly bias?: TensorInfo;
}

/** Attributes of the kernel GroupedLinear. */
export interface GroupedLinearAttributes {
  /** Rows of each of the V groups. */
  readonly counts: readonly number[];
  readonly activation: "linear" | "relu";
}

// One product a group: rows that follow one another meet their own group's weights.
tf.registerKernel(wasmKernel<GroupedLinearInputs, GroupedLinearAttributes>("GroupedLinear", (context) => {
  const { inputs: { input, weight, bias }, attributes: { counts, activation }, at } = context;
  const [, inner, columns] = weight.shape as [number, number, number];
  const output = context.output([input.shape[0]!, columns]);
  let row = 0;
  counts.forEach((count, v) => {
    gemm(context, {
      a: at(input) + 4 * row * inner,
      b: at(weight) + 4 * v * inner * columns,
      c: at(output) + 4 * row * columns,
      m: count,
      n: columns,
      k: inner,
      transposeA: false,
      transposeB: false,
      bias: bias ? at(bias) + 4 * v * columns : 0,
      activation: activation === "relu" ? 1 : 0,
    });
    row += count;
  });
  return output;
}));

// Rows of a matrix, copied one after the other; the stock gather is several times slower.
tf.registerKernel({
  kernelName: "GatherRows",
  backendName: "wasm",
  kernelFunc: ({ inputs, backend }) => {
    const wasm = backend as WasmBackend;
    const { matrix, rows } = inputs as { matrix: TensorInfo; rows: TensorInfo };
    const [count, width] = [rows.shape[0]!, matrix.shape[1]!];
    const output = wasm.makeOutput([count, width], "float32");
    // Views of the heap are taken anew: it may have grown.
    const { buffer } = wasm.wasm.asm.memory;
    const chosen = new Int32Array(buffer, addressOf(wasm, rows), count);
    const numbers = new Float32Array(buffer);
    const from = addressOf(wasm, matrix) / 4;
    const to = addressOf(wasm, output) / 4;
    for (let k = 0; k < count; k++) {
      const start = from + chosen[k]! * width;
      numbers.copyWithin(to + k * width, start, start + width);
    }
    return output;
  },
});
