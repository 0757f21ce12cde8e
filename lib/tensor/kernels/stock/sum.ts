import { backend_util } from "@tensorflow/tfjs";
import type { KernelConfig, KernelFunc, TensorInfo } from "@tensorflow/tfjs";
import { addressOf, kernelsOf, type WasmBackend } from "../heap.ts";

/**
 * tf.sum of float32 over axes that lie side by side, without the stock kernel's transpose. Other sums go to the stock
 * kernel.
 */
export function sumKernel(stock: KernelConfig): KernelConfig {
  return { ...stock, kernelFunc: (params) => sumSideBySide(params) ?? stock.kernelFunc(params) };
}

function sumSideBySide({ inputs, backend, attrs }: Parameters<KernelFunc>[0]): TensorInfo | null {
  const x = inputs.x as TensorInfo;
  if (x.dtype !== "float32") return null;
  const { axis, keepDims } = attrs as unknown as { axis: number | number[] | null | undefined; keepDims: boolean };
  const rank = x.shape.length;
  // None named: all. An empty list: none.
  const listed = axis === null || axis === undefined ? [...x.shape.keys()] : Array.isArray(axis) ? axis : [axis];
  const axes = listed.map((i) => i < 0 ? i + rank : i);
  const sizes = splitSizes(x.shape, axes);
  if (!sizes) return null;
  const reduced = x.shape.filter((_, i) => !axes.includes(i));
  const wasm = backend as WasmBackend;
  const output = wasm.makeOutput(keepDims ? backend_util.expandShapeToKeepDim(reduced, axes) : reduced, "float32");
  kernelsOf(wasm)!.calls.sumMiddle({ x: addressOf(wasm, x), out: addressOf(wasm, output) }, sizes);
  return output;
}

/** Sizes before, in and after the summed axes; null if others lie between these. */
function splitSizes(
  shape: readonly number[],
  axes: readonly number[],
): { outer: number; count: number; inner: number } | null {
  let outer = 1;
  let count = 1;
  let inner = 1;
  let place: "before" | "in" | "after" = "before";
  for (const [i, size] of shape.entries()) {
    if (size === 1) continue;
    if (axes.includes(i)) {
      if (place === "after") return null;
      place = "in";
      count *= size;
    } else if (place === "before") {
      outer *= size;
    } else {
      place = "after";
      inner *= size;
    }
  }
  return { outer, count, inner };
}
