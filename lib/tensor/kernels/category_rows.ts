import * as tf from "@tensorflow/tfjs";
import type { TensorInfo } from "@tensorflow/tfjs";
import { wasmKernel } from "./wasm_heap.ts";

// The stock ArgMax and int32 Add go over their operands several times slower.
tf.registerKernel(
  wasmKernel<{ oneHot: TensorInfo; offsets: TensorInfo }>("CategoryRows", ({ backend, inputs, at }) => {
    const { oneHot, offsets } = inputs;
    const [count, batch, categories] = oneHot.shape as [number, number, number];
    const output = backend.makeOutput([count, batch], "int32");
    // Views of the heap are taken anew: it may have grown.
    const { buffer } = backend.wasm.asm.memory;
    const values = new Float32Array(buffer, at(oneHot), count * batch * categories);
    const first = new Int32Array(buffer, at(offsets), count);
    const rows = new Int32Array(buffer, at(output), count * batch);
    for (let i = 0; i < count; i++) {
      const offset = first[i]!;
      for (let b = 0; b < batch; b++) {
        const start = (i * batch + b) * categories;
        let best = 0;
        for (let k = 1; k < categories; k++) if (values[start + k]! > values[start + best]!) best = k;
        rows[i * batch + b] = offset + best;
      }
    }
    return output;
  }, { int32: ["offsets"] }),
);
