import { util } from "@tensorflow/tfjs";
import type { KernelConfig, KernelFunc, TensorInfo } from "@tensorflow/tfjs";
import { addressOf, type WasmBackend } from "../heap.ts";

/** Numbers of a row from which on a copy as a block is faster than one by one. */
const LEAST_BLOCK = 16;

/**
 * tf.gather of numbers along the first axis, copied row by row; the stock kernel finds each number's place anew and is
 * several times slower. Other gathers go to the stock kernel.
 */
export function gatherKernel(stock: KernelConfig): KernelConfig {
  return { ...stock, kernelFunc: (params) => gatherRows(params) ?? stock.kernelFunc(params) };
}

function gatherRows({ inputs, backend, attrs }: Parameters<KernelFunc>[0]): TensorInfo | null {
  const { x, indices } = inputs as { x: TensorInfo; indices: TensorInfo };
  const { axis, batchDims } = attrs as unknown as { axis: number; batchDims: number };
  if ((x.dtype !== "float32" && x.dtype !== "int32") || indices.dtype !== "int32") return null;
  if (util.parseAxisParam(axis, x.shape)[0] !== 0 || batchDims !== 0) return null;
  const wasm = backend as WasmBackend;
  const [rows, ...rowShape] = x.shape as [number, ...number[]];
  const size = util.sizeFromShape(rowShape);
  const count = util.sizeFromShape(indices.shape);
  const output = wasm.makeOutput([...indices.shape, ...rowShape], x.dtype);
  // Views of the heap are taken anew: it may have grown. Both types are copied as words.
  const { buffer } = wasm.wasm.asm.memory;
  const words = new Int32Array(buffer);
  const from = addressOf(wasm, x) / 4;
  const to = addressOf(wasm, output) / 4;
  new Int32Array(buffer, addressOf(wasm, indices), count).forEach((row, k) => {
    if (!(row >= 0 && row < rows)) {
      throw new RangeError(`Cannot gather rows: no such row, expected one in [0, ${rows}), got ${row}`);
    }
    const start = from + row * size;
    if (size >= LEAST_BLOCK) words.copyWithin(to + k * size, start, start + size);
    else for (let i = 0; i < size; i++) words[to + k * size + i] = words[start + i]!;
  });
  return output;
}
