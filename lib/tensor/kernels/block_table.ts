import * as tf from "@tensorflow/tfjs";
import type { TensorInfo } from "@tensorflow/tfjs";
import { maxOf } from "../../core/extremes.ts";
import { type BlockRows, blockRows, type BlockTableOps, type BlockTableOptions } from "../block_table.ts";
import { isNeeded } from "../table_layout.ts";
import { gemm } from "./gemm.ts";
import { runKernel } from "./own_kernels.ts";
import { clear, scratchFor, wasmKernel } from "./wasm_heap.ts";

const FLOAT = 4;

/** One product of a variable's rows and a target's weights. */
interface Block extends BlockRows {
  readonly target: number;
}

/** Calls `visit` for each needed (target, variable) and `skip` for the others. */
function forBlocks(
  options: BlockTableOptions,
  targets: number,
  visit: (block: Block) => void,
  skip?: (block: Block) => void,
): void {
  const { layout: { maskWidth }, needed } = options;
  const blocks = blockRows(options);
  for (let target = 0; target < targets; target++) {
    for (const block of blocks) {
      const isTaken = isNeeded(needed, { row: target, column: block.column, maskWidth });
      (isTaken ? visit : skip)?.({ target, ...block });
    }
  }
}

interface Weight {
  /** [J, D, H']. */
  readonly weight: TensorInfo;
}

interface Features {
  /** [R, H]. */
  readonly features: TensorInfo;
}

interface Gradient {
  /** [J, R, H']. */
  readonly dy: TensorInfo;
}

const kernels = [
  wasmKernel<Features & Weight, BlockTableOptions>("BlockTable", (context) => {
    const { backend, inputs: { features, weight }, attributes: options, at } = context;
    const [targets, depth, outputs] = weight.shape as [number, number, number];
    const [rows, width] = features.shape as [number, number];
    const out = context.output([targets, rows, outputs]);
    const place = ({ target, offset }: Block) => at(out) + FLOAT * outputs * (target * rows + offset);
    forBlocks(options, targets, (block) => {
      gemm(context, {
        a: at(features) + FLOAT * width * block.offset,
        b: at(weight) + FLOAT * outputs * (block.target * depth + block.column * width),
        c: place(block),
        ...{ m: block.count, n: outputs, k: width, transposeA: false, transposeB: false },
      });
    }, (block) => clear(backend, place(block), FLOAT * outputs * block.count));
    return out;
  }),

  wasmKernel<Gradient & Features & Weight, BlockTableOptions>("BlockTableFeaturesGradient", (context) => {
    const { backend, exports, inputs: { dy, features, weight }, attributes: options, at } = context;
    const [targets, depth, outputs] = weight.shape as [number, number, number];
    const [rows, width] = features.shape as [number, number];
    const out = context.zeros([rows, width]);
    const largest = maxOf(blockRows(options).map((block) => block.count));
    const product = scratchFor(backend, "block", FLOAT * width * largest);
    forBlocks(options, targets, ({ target, offset, count, column }) => {
      gemm(context, {
        a: at(dy) + FLOAT * outputs * (target * rows + offset),
        b: at(weight) + FLOAT * outputs * (target * depth + column * width),
        c: product,
        ...{ m: count, n: width, k: outputs, transposeA: false, transposeB: true },
      });
      exports.accumulate(at(out) + FLOAT * width * offset, product, FLOAT * width * count);
    });
    return out;
  }),

  wasmKernel<Gradient & Features & Weight, BlockTableOptions>("BlockTableWeightGradient", (context) => {
    const { backend, inputs: { dy, features, weight }, attributes: options, at } = context;
    const [targets, depth, outputs] = weight.shape as [number, number, number];
    const [rows, width] = features.shape as [number, number];
    const shape = [targets, depth, outputs];
    const hasOthers = blockRows(options).length * width < depth;
    const out = hasOthers ? context.zeros(shape) : context.output(shape);
    const place = ({ target, column }: Block) => at(out) + FLOAT * outputs * (target * depth + column * width);
    forBlocks(options, targets, (block) => {
      gemm(context, {
        a: at(features) + FLOAT * width * block.offset,
        b: at(dy) + FLOAT * outputs * (block.target * rows + block.offset),
        c: place(block),
        ...{ m: width, n: outputs, k: block.count, transposeA: true, transposeB: false },
      });
    }, (block) => clear(backend, place(block), FLOAT * outputs * width));
    return out;
  }),
];

for (const kernel of kernels) tf.registerKernel(kernel);

/** The products of first-layer tables on the wasm backend's memory. */
export const blockTableKernels: BlockTableOps = {
  forward: (features, weight, options) => runKernel("BlockTable", { features, weight }, options)[0] as tf.Tensor3D,
  featuresGradient: (dy, { features, weight, ...options }) =>
    runKernel("BlockTableFeaturesGradient", { dy, features, weight }, options)[0] as tf.Tensor2D,
  weightGradient: (dy, { features, weight, ...options }) =>
    runKernel("BlockTableWeightGradient", { dy, features, weight }, options)[0] as tf.Tensor3D,
};
