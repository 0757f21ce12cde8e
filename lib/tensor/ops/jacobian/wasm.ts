import type * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../../core/extremes.ts";
import { after, NOWHERE } from "../../kernels/address.ts";
import { defineKernel } from "../../kernels/define_kernel.ts";
import { gemm } from "../../kernels/gemm.ts";
import { integersAt, scratchFor } from "../../kernels/heap.ts";
import type { JacobianOps } from "./contract.ts";

/** Rows that go through all layers together: what lies between two layers stays in the cache. */
const CHUNK = 512;

interface NetworkInputs {
  /** [X, H1]. */
  readonly directions: tf.Tensor2D;
  /** int32 [S], as is `points`. */
  readonly rows: tf.Tensor1D;
  readonly points: tf.Tensor1D;
  /** `value0`, `value1`, … and `weight1`, `weight2`, …, a matrix a layer. */
  readonly [layer: string]: tf.Tensor;
}

const networkJacobian = defineKernel<NetworkInputs, [tf.Tensor2D], { readonly layers: number }>(
  "NetworkJacobian",
  (context) => {
    const { backend, calls, inputs, attributes: { layers }, at } = context;
    const rows = inputs.points.shape[0];
    const widths = Array.from({ length: layers }, (_, l) => inputs[`value${l}`]!.shape[1]!);
    const out = context.output([rows, widths.at(-1)!]);
    const size = CHUNK * maxOf(widths);
    const scratch = [
      scratchFor(backend, "even rows of a Jacobian", size),
      scratchFor(backend, "odd rows of a Jacobian", size),
    ] as const;
    for (let start = 0; start < rows; start += CHUNK) {
      const count = Math.min(CHUNK, rows - start);
      const target = (l: number) => l === layers - 1 ? after(at(out), start * widths[l]!) : scratch[l % 2 as 0 | 1];
      const points = after(at(inputs.points), start);
      const [source, sourceRows, gate] = [at(inputs.directions), after(at(inputs.rows), start), at(inputs.value0)];
      calls.gateRows({ source, sourceRows, gate, points, out: target(0) }, { count, width: widths[0]! });
      for (let l = 1; l < layers; l++) {
        const [out, width] = [target(l), widths[l]!];
        const [weight, gate] = [at(inputs[`weight${l}`]), at(inputs[`value${l}`])];
        gemm(context, { a: target(l - 1), b: weight, c: out }, { m: count, n: width, k: widths[l - 1]! });
        calls.gateRows({ source: out, sourceRows: NOWHERE, gate, points, out }, { count, width });
      }
    }
    return [out];
  },
  { int32: ["rows", "points"] },
);

interface ProductInputs {
  /** [R, H]. */
  readonly dy: tf.Tensor2D;
  /** [S, H]. */
  readonly jacobian: tf.Tensor2D;
  /** int32 [P + 1]. */
  readonly first: tf.Tensor1D;
  /** int32 [S]. */
  readonly columns: tf.Tensor1D;
  /** int32 [terms, R]. */
  readonly points: tf.Tensor2D;
}

const jacobianProducts = defineKernel<
  ProductInputs,
  [tf.Tensor2D],
  { readonly batch: number; readonly columnCount: number }
>("JacobianProducts", (context) => {
  const { backend, calls, inputs, attributes: { batch, columnCount }, at } = context;
  const { dy, jacobian, first, columns, points } = inputs;
  const [terms, rows] = points.shape;
  const pointCount = first.shape[0] - 1;
  const out = context.zeros([batch, columnCount]);
  const firstRow = scratchFor(backend, "first row", pointCount + 2);
  const sorted = scratchFor(backend, "rows by point", terms * rows);
  // Views of the heap are taken last: it may have grown.
  sortByPoint(integersAt(backend, at(points), terms * rows), {
    rows,
    first: integersAt(backend, firstRow, pointCount + 2),
    sorted: integersAt(backend, sorted, terms * rows),
  });
  calls.jacobianProducts({
    dy: at(dy),
    jacobian: at(jacobian),
    firstEntry: at(first),
    columns: at(columns),
    firstRow,
    rows: sorted,
    out: at(out),
  }, { points: pointCount, batch, width: dy.shape[1], outWidth: columnCount });
  return [out];
}, { int32: ["first", "columns", "points"] });

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

/** Jacobians on the wasm backend's memory. */
export const jacobianKernels: JacobianOps = {
  forward(directions, { layout, network: { values, weights } }) {
    const named = Object.fromEntries([
      ...values.map((value, l) => [`value${l}`, value] as const),
      ...weights.map((weight, l) => [`weight${l + 1}`, weight] as const),
    ]);
    const inputs = { ...named, directions, rows: layout.directions, points: layout.points };
    return networkJacobian(inputs, { layers: values.length })[0];
  },
  products: (dy, { jacobian, layout: { first, columns, columnCount }, points, batch }) =>
    jacobianProducts({ dy, jacobian, first, columns, points }, { batch, columnCount })[0],
};
