import * as tf from "@tensorflow/tfjs";
import type { TensorInfo } from "@tensorflow/tfjs";
import { maxOf } from "../../core/extremes.ts";
import type { SlopeOps } from "../slopes.ts";
import { gemm } from "./gemm.ts";
import { runKernel } from "./own_kernels.ts";
import { scratchFor, wasmKernel } from "./wasm_heap.ts";

const FLOAT = 4;

/** Slopes that go through all layers together: what lies between two layers stays in the cache. */
const CHUNK = 512;

interface NetworkInputs {
  /** [X, H1]. */
  readonly directions: TensorInfo;
  /** int32 [S], as is `points`. */
  readonly rows: TensorInfo;
  readonly points: TensorInfo;
  /** `value0`, `value1`, … and `weight1`, `weight2`, …, a matrix a layer. */
  readonly [layer: string]: TensorInfo;
}

interface ProductInputs {
  /** [R, H]. */
  readonly dy: TensorInfo;
  /** [S, H]. */
  readonly slopes: TensorInfo;
  /** int32 [P + 1]. */
  readonly first: TensorInfo;
  /** int32 [S]. */
  readonly columns: TensorInfo;
  /** int32 [terms, R]. */
  readonly points: TensorInfo;
}

const kernels = [
  wasmKernel<NetworkInputs, { readonly layers: number }>("NetworkSlopes", (context) => {
    const { backend, exports, inputs, attributes: { layers }, at } = context;
    const slopes = inputs.points.shape[0]!;
    const widths = Array.from({ length: layers }, (_, l) => inputs[`value${l}`]!.shape[1]!);
    const out = context.output([slopes, widths.at(-1)!]);
    const bytes = FLOAT * CHUNK * maxOf(widths);
    const scratch = [scratchFor(backend, "even slopes", bytes), scratchFor(backend, "odd slopes", bytes)] as const;
    for (let start = 0; start < slopes; start += CHUNK) {
      const count = Math.min(CHUNK, slopes - start);
      const points = at(inputs.points) + FLOAT * start;
      const target = (l: number) => l === layers - 1 ? at(out) + FLOAT * start * widths[l]! : scratch[l % 2 as 0 | 1];
      const rows = at(inputs.rows) + FLOAT * start;
      exports.gateRows(at(inputs.directions), rows, at(inputs.value0), points, target(0), count, widths[0]!);
      for (let l = 1; l < layers; l++) {
        gemm(context, {
          ...{ a: target(l - 1), b: at(inputs[`weight${l}`]), c: target(l) },
          ...{ m: count, n: widths[l]!, k: widths[l - 1]!, transposeA: false, transposeB: false },
        });
        exports.gateRows(target(l), 0, at(inputs[`value${l}`]), points, target(l), count, widths[l]!);
      }
    }
    return out;
  }, { int32: ["rows", "points"] }),

  wasmKernel<ProductInputs, { readonly batch: number; readonly columnCount: number }>("SlopeProducts", (context) => {
    const { backend, exports, inputs, attributes: { batch, columnCount }, at } = context;
    const { dy, slopes, first, columns, points } = inputs;
    const [terms, rows] = points.shape as [number, number];
    const pointCount = first.shape[0]! - 1;
    const width = dy.shape[1]!;
    const out = context.zeros([batch, columnCount]);
    const firstRow = scratchFor(backend, "first row", FLOAT * (pointCount + 2));
    const sorted = scratchFor(backend, "rows by point", FLOAT * terms * rows);
    // Views of the heap are taken last: it may have grown.
    const { buffer } = backend.wasm.asm.memory;
    sortByPoint(new Int32Array(buffer, at(points), terms * rows), {
      rows,
      first: new Int32Array(buffer, firstRow, pointCount + 2),
      sorted: new Int32Array(buffer, sorted, terms * rows),
    });
    exports.slopeProducts(
      ...[at(dy), at(slopes), at(first), at(columns), firstRow, sorted, at(out)] as const,
      ...[pointCount, batch, width, columnCount] as const,
    );
    return out;
  }, { int32: ["first", "columns", "points"] }),
];

for (const kernel of kernels) tf.registerKernel(kernel);

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
