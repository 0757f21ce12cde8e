import type * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../../core/extremes.ts";
import { after } from "../../kernels/address.ts";
import { defineKernel } from "../../kernels/define_kernel.ts";
import { gemm } from "../../kernels/gemm.ts";
import { floatsAt, scratchFor } from "../../kernels/heap.ts";
import { isNeeded } from "../table_layout.ts";
import { type BlockRows, blockRows, type BlockTableOps, type BlockTableOptions } from "./contract.ts";

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

interface Operands {
  /** [R, H]. */
  readonly features: tf.Tensor2D;
  /** [J, D, H']. */
  readonly weight: tf.Tensor3D;
}

interface GradientOperands extends Operands {
  /** [J, R, H']. */
  readonly dy: tf.Tensor3D;
}

const forward = defineKernel<Operands, [tf.Tensor3D], BlockTableOptions>("BlockTable", (context) => {
  const { backend, inputs: { features, weight }, attributes: options, at } = context;
  const [targets, depth, outputs] = weight.shape;
  const [rows, width] = features.shape;
  const out = context.output([targets, rows, outputs]);
  const place = ({ target, offset }: Block) => after(at(out), outputs * (target * rows + offset));
  forBlocks(options, targets, (block) => {
    gemm(context, {
      a: after(at(features), width * block.offset),
      b: after(at(weight), outputs * (block.target * depth + block.column * width)),
      c: place(block),
    }, { m: block.count, n: outputs, k: width });
  }, (block) => floatsAt(backend, place(block), outputs * block.count).fill(0));
  return [out];
});

const featuresGradient = defineKernel<GradientOperands, [tf.Tensor2D], BlockTableOptions>(
  "BlockTableFeaturesGradient",
  (context) => {
    const { backend, calls, inputs: { dy, features, weight }, attributes: options, at } = context;
    const [targets, depth, outputs] = weight.shape;
    const [rows, width] = features.shape;
    const out = context.zeros([rows, width]);
    const largest = maxOf(blockRows(options).map((block) => block.count));
    const product = scratchFor(backend, "block", width * largest);
    forBlocks(options, targets, ({ target, offset, count, column }) => {
      gemm(context, {
        a: after(at(dy), outputs * (target * rows + offset)),
        b: after(at(weight), outputs * (target * depth + column * width)),
        c: product,
      }, { m: count, n: width, k: outputs, transposeB: true });
      calls.accumulate({ target: after(at(out), width * offset), source: product }, { bytes: 4 * width * count });
    });
    return [out];
  },
);

const weightGradient = defineKernel<GradientOperands, [tf.Tensor3D], BlockTableOptions>(
  "BlockTableWeightGradient",
  (context) => {
    const { backend, inputs: { dy, features, weight }, attributes: options, at } = context;
    const [targets, depth, outputs] = weight.shape;
    const [rows, width] = features.shape;
    const hasOthers = blockRows(options).length * width < depth;
    const out = (hasOthers ? context.zeros : context.output)([targets, depth, outputs]);
    const place = ({ target, column }: Block) => after(at(out), outputs * (target * depth + column * width));
    forBlocks(options, targets, (block) => {
      gemm(context, {
        a: after(at(features), width * block.offset),
        b: after(at(dy), outputs * (block.target * rows + block.offset)),
        c: place(block),
      }, { m: width, n: outputs, k: block.count, transposeA: true });
    }, (block) => floatsAt(backend, place(block), outputs * width).fill(0));
    return [out];
  },
);

/** The products of first-layer tables on the wasm backend's memory. */
export const blockTableKernels: BlockTableOps = {
  forward: (features, weight, options) => forward({ features, weight }, options)[0],
  featuresGradient: (dy, { features, weight, ...options }) => featuresGradient({ dy, features, weight }, options)[0],
  weightGradient: (dy, { features, weight, ...options }) => weightGradient({ dy, features, weight }, options)[0],
};
