import type { KernelConfig, TensorInfo } from "@tensorflow/tfjs";
import { addressOf, type WasmBackend } from "../heap.ts";

/** tf.oneHot of type float32: the stock kernel writes the bits of integers. Other types go to the stock kernel. */
export function oneHotKernel(stock: KernelConfig): KernelConfig {
  return {
    ...stock,
    kernelFunc: (params) => {
      const { dtype, depth, onValue, offValue } = params.attrs as unknown as {
        dtype: string;
        depth: number;
        onValue: number;
        offValue: number;
      };
      if (dtype !== "float32") return stock.kernelFunc(params);
      const backend = params.backend as WasmBackend;
      const indices = params.inputs.indices as TensorInfo;
      const output = backend.makeOutput([...indices.shape, depth], "float32");
      const size = indices.shape.reduce((product, dimension) => product * dimension, 1);
      const { buffer } = backend.wasm.asm.memory;
      const from = new Int32Array(buffer, addressOf(backend, indices), size);
      const to = new Float32Array(buffer, addressOf(backend, output), size * depth).fill(offValue);
      from.forEach((index, i) => {
        if (index >= 0 && index < depth) to[i * depth + index] = onValue;
      });
      return output;
    },
  };
}
