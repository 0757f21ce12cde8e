import * as tf from "@tensorflow/tfjs";
import { batchNormKernels } from "./batch_norm_kernels.ts";
import { gatherKernel } from "./gather.ts";
import { groupedLinearKernels } from "./grouped_linear.ts";
import { identity } from "./identity.ts";
import { bestKernelBuild, instantiateKernels, type KernelBuild } from "./kernel_module.ts";
import { linearKernels } from "./linear_kernels.ts";
import { batchMatMul, fusedMatMul } from "./mat_mul.ts";
import { oneHotKernel } from "./one_hot.ts";
import { softmaxKernels } from "./softmax_kernels.ts";
import { sumKernel } from "./sum.ts";
import { unsortedSegmentSum } from "./unsorted_segment_sum.ts";
import { allocate, kernelsOf, setKernelsOf, type WasmBackend } from "./wasm_heap.ts";

/** Kernels in place of stock ones, made from those. Their set-up stays, for the stock kernels to run again. */
const overrides: Readonly<Record<string, (stock: tf.KernelConfig) => tf.KernelConfig>> = {
  BatchMatMul: (stock) => ({ ...stock, kernelFunc: batchMatMul.kernelFunc }),
  _FusedMatMul: (stock) => ({ ...stock, kernelFunc: fusedMatMul.kernelFunc }),
  GatherV2: gatherKernel,
  Identity: (stock) => ({ ...stock, kernelFunc: identity.kernelFunc }),
  OneHot: oneHotKernel,
  Sum: sumKernel,
};

const stock = new Map<string, tf.KernelConfig>();
let inUse: KernelBuild | "stock" = "stock";

// Kernels that TensorFlow.js does not have.
const additions = [
  ...batchNormKernels,
  ...groupedLinearKernels,
  ...linearKernels,
  ...softmaxKernels,
  unsortedSegmentSum,
];
for (const addition of additions) {
  tf.registerKernel(addition);
}

/**
 * Puts this project's kernels in place of the stock ones of the wasm backend, which must have been started.
 *
 * @param build `undefined` takes the best that this engine runs; "stock" puts the stock kernels back.
 * @returns What is in use now.
 */
export async function installKernels(build?: KernelBuild | "stock"): Promise<KernelBuild | "stock"> {
  const wanted = build ?? bestKernelBuild() ?? "stock";
  const backend = tf.findBackend("wasm") as unknown as WasmBackend;
  if (wanted !== "stock" && kernelsOf(backend)?.build !== wanted) {
    const exports = await instantiateKernels(wanted, backend.wasm.asm.memory);
    const scratchBytes = exports.gemmScratchBytes();
    const scratch = kernelsOf(backend)?.scratch ?? allocate(backend, scratchBytes);
    setKernelsOf(backend, { build: wanted, exports, scratch, scratchBytes });
  }
  for (const [name, override] of Object.entries(overrides)) {
    const old = stock.get(name) ?? tf.getKernel(name, "wasm");
    stock.set(name, old);
    tf.unregisterKernel(name, "wasm");
    tf.registerKernel(wanted === "stock" ? old : override(old));
  }
  inUse = wanted;
  return wanted;
}

/** Which kernels the wasm backend runs now. */
export function kernelsInUse(): KernelBuild | "stock" {
  return inUse;
}
