import type { KernelConfig, TensorInfo } from "@tensorflow/tfjs";
import { after } from "../address.ts";
import { addressOf, floatsAt, integersAt, kernelsOf, type WasmBackend } from "../heap.ts";

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
    const width = rowShape.reduce((product, dimension) => product * dimension, 1);
    const rows = segmentIds.shape.reduce((product, dimension) => product * dimension, 1);
    const output = wasm.makeOutput([numSegments, ...rowShape], "float32");
    const [source, target] = [addressOf(wasm, x), addressOf(wasm, output)];
    floatsAt(wasm, target, numSegments * width).fill(0);
    const { calls } = kernelsOf(wasm)!;
    integersAt(wasm, addressOf(wasm, segmentIds), rows).forEach((segment, row) => {
      if (segment < 0 || segment >= numSegments) return;
      const places = { target: after(target, segment * width), source: after(source, row * width) };
      calls.accumulate(places, { bytes: 4 * width });
    });
    return output;
  },
};
