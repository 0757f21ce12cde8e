import * as tf from "@tensorflow/tfjs";
import type { TensorInfo } from "@tensorflow/tfjs";
import { type BlockRows, blockRows, type BlockTableOps, type BlockTableOptions } from "../block_table.ts";
import { isNeeded } from "../table_layout.ts";
import { gemm } from "./gemm.ts";
import { clear, heapOf, type KernelHeap, runKernel, scratchFor } from "./own_kernels.ts";
import { addressOf } from "./wasm_heap.ts";

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

interface Operands {
  readonly heap: KernelHeap;
  readonly options: BlockTableOptions;
  readonly inputs: Readonly<Record<string, TensorInfo>>;
}

/** Registers a kernel of one output. */
function register(name: string, run: (operands: Operands) => TensorInfo): void {
  tf.registerKernel({
    kernelName: name,
    backendName: "wasm",
    kernelFunc: ({ inputs, backend, attrs }) =>
      run({
        heap: heapOf(backend),
        options: attrs as unknown as BlockTableOptions,
        inputs: inputs as Record<string, TensorInfo>,
      }),
  });
}

register("BlockTable", ({ heap, options, inputs }) => {
  const { backend } = heap;
  const [targets, depth, outputs] = inputs.weight!.shape as [number, number, number];
  const [rows, width] = inputs.features!.shape as [number, number];
  const out = backend.makeOutput([targets, rows, outputs], "float32");
  const features = addressOf(backend, inputs.features!);
  const weight = addressOf(backend, inputs.weight!);
  const table = addressOf(backend, out);
  const at = ({ target, offset }: Block) => table + FLOAT * outputs * (target * rows + offset);
  forBlocks(options, targets, (block) => {
    const source = weight + FLOAT * outputs * (block.target * depth + block.column * width);
    gemm(heap, {
      ...{ a: features + FLOAT * width * block.offset, b: source, c: at(block) },
      ...{ m: block.count, n: outputs, k: width, transposeA: false, transposeB: false },
    });
  }, (block) => clear(backend, at(block), FLOAT * outputs * block.count));
  return out;
});

register("BlockTableFeaturesGradient", ({ heap, options, inputs }) => {
  const { backend, exports } = heap;
  const [targets, depth, outputs] = inputs.weight!.shape as [number, number, number];
  const [rows, width] = inputs.features!.shape as [number, number];
  const out = backend.makeOutput([rows, width], "float32");
  const largest = Math.max(...blockRows(options).map((block) => block.count));
  const product = scratchFor(backend, "block", FLOAT * width * largest);
  const dy = addressOf(backend, inputs.dy!);
  const weight = addressOf(backend, inputs.weight!);
  const gradient = addressOf(backend, out);
  clear(backend, gradient, FLOAT * rows * width);
  forBlocks(options, targets, ({ target, offset, count, column }) => {
    const delta = dy + FLOAT * outputs * (target * rows + offset);
    const source = weight + FLOAT * outputs * (target * depth + column * width);
    const sizes = { m: count, n: width, k: outputs, transposeA: false, transposeB: true };
    gemm(heap, { a: delta, b: source, c: product, ...sizes });
    exports.accumulate(gradient + FLOAT * width * offset, product, FLOAT * width * count);
  });
  return out;
});

register("BlockTableWeightGradient", ({ heap, options, inputs }) => {
  const { backend } = heap;
  const [targets, depth, outputs] = inputs.weight!.shape as [number, number, number];
  const [rows, width] = inputs.features!.shape as [number, number];
  const out = backend.makeOutput([targets, depth, outputs], "float32");
  const features = addressOf(backend, inputs.features!);
  const dy = addressOf(backend, inputs.dy!);
  const gradient = addressOf(backend, out);
  const at = ({ target, column }: Block) => gradient + FLOAT * outputs * (target * depth + column * width);
  if (blockRows(options).length * width < depth) clear(backend, gradient, FLOAT * targets * depth * outputs);
  forBlocks(options, targets, (block) => {
    const delta = dy + FLOAT * outputs * (block.target * rows + block.offset);
    gemm(heap, {
      ...{ a: features + FLOAT * width * block.offset, b: delta, c: at(block) },
      ...{ m: width, n: outputs, k: block.count, transposeA: true, transposeB: false },
    });
  }, (block) => clear(backend, at(block), FLOAT * outputs * width));
  return out;
});

/** The products of first-layer tables on the wasm backend's memory. */
export const blockTableKernels: BlockTableOps = {
  forward: (features, weight, options) => runKernel("BlockTable", { features, weight }, options)[0] as tf.Tensor3D,
  featuresGradient: (dy, { features, weight, ...options }) =>
    runKernel("BlockTableFeaturesGradient", { dy, features, weight }, options)[0] as tf.Tensor2D,
  weightGradient: (dy, { features, weight, ...options }) =>
    runKernel("BlockTableWeightGradient", { dy, features, weight }, options)[0] as tf.Tensor3D,
};
