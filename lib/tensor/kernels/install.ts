import * as tf from "@tensorflow/tfjs";
import { bestKernelBuild, instantiateKernels, type KernelBuild } from "./kernel_module.ts";
import { batchMatMul, fusedMatMul } from "./mat_mul.ts";
import { allocate, kernelsOf, setKernelsOf, type WasmBackend } from "./wasm_heap.ts";

const overrides = [batchMatMul, fusedMatMul];
const stock = new Map<string, tf.KernelConfig>();

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
    const scratch = kernelsOf(backend)?.scratch ?? allocate(backend, exports.gemmScratchBytes());
    setKernelsOf(backend, { build: wanted, exports, scratch });
  }
  for (const override of overrides) {
    const old = stock.get(override.kernelName) ?? tf.getKernel(override.kernelName, "wasm");
    stock.set(override.kernelName, old);
    tf.unregisterKernel(override.kernelName, "wasm");
    // The stock set-up stays, for the stock kernel to run again.
    tf.registerKernel(wanted === "stock" ? old : { ...override, setupFunc: old.setupFunc! });
  }
  return wanted;
}

/** Which kernels the wasm backend runs now. */
export function kernelsInUse(): KernelBuild | "stock" {
  if (tf.getKernel("BatchMatMul", "wasm")?.kernelFunc !== batchMatMul.kernelFunc) return "stock";
  return kernelsOf(tf.findBackend("wasm"))?.build ?? "stock";
}
