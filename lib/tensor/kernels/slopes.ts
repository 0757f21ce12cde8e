import * as tf from "@tensorflow/tfjs";
import type { TensorInfo } from "@tensorflow/tfjs";
import type { SlopeOps } from "../slopes.ts";
import { gemm } from "./gemm.ts";
import { clear, heapOf, type KernelHeap, runKernel, scratchFor } from "./own_kernels.ts";
import { addressOf } from "./wasm_heap.ts";

const FLOAT = 4;

/** Slopes that go through all layers together: what lies between two layers stays in the cache. */
const CHUNK = 512;

interface Operands {
  readonly heap: KernelHeap;
  readonly attributes: Readonly<Record<string, number>>;
  /** Address of an input. */
  readonly at: (name: string) => number;
  /** Shape of an input. */
  readonly shape: (name: string) => number[];
}

function register(name: string, run: (operands: Operands) => TensorInfo): void {
  tf.registerKernel({
    kernelName: name,
    backendName: "wasm",
    kernelFunc: ({ inputs, backend, attrs }) => {
      const heap = heapOf(backend);
      const tensors = inputs as Record<string, TensorInfo>;
      return run({
        heap,
        attributes: attrs as unknown as Record<string, number>,
        at: (input) => addressOf(heap.backend, tensors[input]!),
        shape: (input) => tensors[input]!.shape,
      });
    },
  });
}

register("NetworkSlopes", ({ heap, attributes, at, shape }) => {
  const { backend, exports } = heap;
  const { layers } = attributes as { layers: number };
  const [slopes] = shape("points") as [number];
  const widths = Array.from({ length: layers }, (_, l) => shape(`value${l}`)[1]!);
  const out = backend.makeOutput([slopes, widths.at(-1)!], "float32");
  const bytes = FLOAT * CHUNK * Math.max(...widths);
  const scratch = [scratchFor(backend, "even slopes", bytes), scratchFor(backend, "odd slopes", bytes)] as const;
  for (let start = 0; start < slopes; start += CHUNK) {
    const count = Math.min(CHUNK, slopes - start);
    const points = at("points") + FLOAT * start;
    const target = (l: number) =>
      l === layers - 1 ? addressOf(backend, out) + FLOAT * start * widths[l]! : scratch[l % 2 as 0 | 1];
    const directions = at("rows") + FLOAT * start;
    exports.gateRows(at("directions"), directions, at("value0"), points, target(0), count, widths[0]!);
    for (let l = 1; l < layers; l++) {
      gemm(heap, {
        ...{ a: target(l - 1), b: at(`weight${l}`), c: target(l) },
        ...{ m: count, n: widths[l]!, k: widths[l - 1]!, transposeA: false, transposeB: false },
      });
      exports.gateRows(target(l), 0, at(`value${l}`), points, target(l), count, widths[l]!);
    }
  }
  return out;
});

register("SlopeProducts", ({ heap: { backend, exports }, attributes, at, shape }) => {
  const { batch, columnCount } = attributes as { batch: number; columnCount: number };
  const [terms, rows] = shape("points") as [number, number];
  const pointCount = shape("first")[0]! - 1;
  const width = shape("dy")[1]!;
  const out = backend.makeOutput([batch, columnCount], "float32");
  clear(backend, addressOf(backend, out), FLOAT * batch * columnCount);
  const firstRow = scratchFor(backend, "first row", FLOAT * (pointCount + 2));
  const sorted = scratchFor(backend, "rows by point", FLOAT * terms * rows);
  // Views of the heap are taken last: it may have grown.
  const { buffer } = backend.wasm.asm.memory;
  sortByPoint(new Int32Array(buffer, at("points"), terms * rows), {
    rows,
    first: new Int32Array(buffer, firstRow, pointCount + 2),
    sorted: new Int32Array(buffer, sorted, terms * rows),
  });
  exports.slopeProducts(
    ...[at("dy"), at("slopes"), at("first"), at("columns"), firstRow, sorted, addressOf(backend, out)] as const,
    ...[pointCount, batch, width, columnCount] as const,
  );
  return out;
});

/** Writes the rows of each point to `sorted`, point by point in their order, and where each point's begin to `first`. */
function sortByPoint(
  points: Int32Array,
  { rows, first, sorted }: { readonly rows: number; readonly first: Int32Array; readonly sorted: Int32Array },
): void {
  const pointCount = first.length - 2;
  first.fill(0);
  // Counted two places on, so that filling up moves each start into its own place.
  for (const point of points) if (point < pointCount) first[point + 2]!++;
  for (let p = 2; p < first.length; p++) first[p]! += first[p - 1]!;
  points.forEach((point, entry) => {
    if (point < pointCount) sorted[first[point + 1]!++] = entry % rows;
  });
}

/** Slopes on the wasm backend's memory. */
export const slopeKernels: SlopeOps = {
  forward(directions, { layout, network: { values, weights } }) {
    const named = Object.fromEntries([
      ...values.map((value, l) => [`value${l}`, value] as const),
      ...weights.map((weight, l) => [`weight${l + 1}`, weight] as const),
    ]);
    const inputs = { directions, rows: layout.directions, points: layout.points, ...named };
    return runKernel("NetworkSlopes", inputs, { layers: values.length })[0] as tf.Tensor2D;
  },
  products: (dy, { slopes, layout: { first, columns, columnCount }, points, batch }) =>
    runKernel("SlopeProducts", { dy, slopes, first, columns, points }, { batch, columnCount })[0] as tf.Tensor2D,
};
