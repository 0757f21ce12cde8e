import * as tf from "@tensorflow/tfjs";
import { allocate, kernelsOf, setKernelsOf, type WasmBackend } from "./heap.ts";
import { bestKernelBuild, instantiateKernels, type KernelBuild } from "./kernel_module.ts";
import { gatherKernel } from "./stock/gather.ts";
import { identity } from "./stock/identity.ts";
import { batchMatMul, fusedMatMul } from "./stock/mat_mul.ts";
import { oneHotKernel } from "./stock/one_hot.ts";
import { sumKernel } from "./stock/sum.ts";
import { unsortedSegmentSum } from "./stock/unsorted_segment_sum.ts";

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

tf.registerKernel(unsortedSegmentSum);

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
    const calls = await instantiateKernels(wanted, backend.wasm.asm.memory);
    const scratchBytes = calls.gemmScratchBytes();
    const scratch = kernelsOf(backend)?.scratch ?? allocate(backend, scratchBytes);
    setKernelsOf(backend, { build: wanted, calls, scratch, scratchBytes });
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
