import * as tf from "@tensorflow/tfjs";
import type { TensorInfo } from "@tensorflow/tfjs";
import { addressOf, type WasmBackend } from "./wasm_heap.ts";

// The stock ArgMax and int32 Add go over their operands several times slower.
tf.registerKernel({
  kernelName: "CategoryRows",
  backendName: "wasm",
  kernelFunc: ({ inputs, backend }) => {
    const wasm = backend as WasmBackend;
    const { oneHot, offsets } = inputs as { oneHot: TensorInfo; offsets: TensorInfo };
    const [count, batch, categories] = oneHot.shape as [number, number, number];
    const output = wasm.makeOutput([count, batch], "int32");
    // Views of the heap are taken anew: it may have grown.
    const { buffer } = wasm.wasm.asm.memory;
    const values = new Float32Array(buffer, addressOf(wasm, oneHot), count * batch * categories);
    const first = new Int32Array(buffer, addressOf(wasm, offsets), count);
    const rows = new Int32Array(buffer, addressOf(wasm, output), count * batch);
    for (let i = 0; i < count; i++) {
      const offset = first[i]!;
      for (let b = 0; b < batch; b++) {
        const at = (i * batch + b) * categories;
        let best = 0;
        for (let k = 1; k < categories; k++) if (values[at + k]! > values[at + best]!) best = k;
        rows[i * batch + b] = offset + best;
      }
    }
    return output;
  },
});
