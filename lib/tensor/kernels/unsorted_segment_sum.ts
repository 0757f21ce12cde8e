import type { KernelConfig, TensorInfo } from "@tensorflow/tfjs";
import { addressOf, kernelsOf, type WasmBackend } from "./wasm_heap.ts";

/**
 * tf.unsortedSegmentSum of float32, which TensorFlow.js 4.22 lacks on wasm; the gradient of tf.gather needs it. Rows
 * with an index outside of [0, segments) are left out.
 */
export const unsortedSegmentSum: KernelConfig = {
  kernelName: "UnsortedSegmentSum",
  backendName: "wasm",
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
    if (x.dtype !== "float32" || segmentIds.dtype !== "int32") {
      throw new TypeError(
        `Cannot sum segments: expected float32 values and int32 indices, got ${x.dtype} and ${segmentIds.dtype}`,
      );
    }
    const { numSegments } = attrs as unknown as { numSegments: number };
    const wasm = backend as WasmBackend;
    const rowShape = x.shape.slice(segmentIds.shape.length);
    const rowBytes = 4 * rowShape.reduce((product, dimension) => product * dimension, 1);
    const rows = segmentIds.shape.reduce((product, dimension) => product * dimension, 1);
    const output = wasm.makeOutput([numSegments, ...rowShape], "float32");
    const source = addressOf(wasm, x);
    const target = addressOf(wasm, output);
    const { buffer } = wasm.wasm.asm.memory;
    new Uint8Array(buffer, target, numSegments * rowBytes).fill(0);
    const { exports } = kernelsOf(wasm)!;
    new Int32Array(buffer, addressOf(wasm, segmentIds), rows).forEach((segment, row) => {
      if (segment >= 0 && segment < numSegments) {
        exports.accumulate(target + segment * rowBytes, source + row * rowBytes, rowBytes);
      }
    });
    return output;
  },
};
