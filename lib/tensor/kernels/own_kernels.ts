import * as tf from "@tensorflow/tfjs";
import { kernelsInUse } from "./install.ts";
import { allocate, type BackendKernels, kernelsOf, type WasmBackend } from "./wasm_heap.ts";

let forcedPlain = false;

/** Makes fused operations run as plain TensorFlow.js operations even where own kernels exist; for tests. */
export function forcePlainOperations(plain: boolean): void {
  forcedPlain = plain;
}

/** Whether operations with kernels of this project run them on the backend in use. */
export function runsOwnKernels(): boolean {
  return !forcedPlain && tf.getBackend() === "wasm" && kernelsInUse() !== "stock";
}

/** A kernel's access to the heap and the compiled functions. */
export interface KernelHeap extends BackendKernels {
  readonly backend: WasmBackend;
}

/** @throws {RangeError} If the kernels are not installed on the backend. */
export function heapOf(backend: unknown): KernelHeap {
  const kernels = kernelsOf(backend as object);
  if (!kernels) throw new RangeError("Cannot run a kernel: expected the wasm backend with kernels installed, got none");
  return { backend: backend as WasmBackend, ...kernels };
}

const reserved = new WeakMap<object, Map<string, { address: number; sizeBytes: number }>>();

/** Address of scratch memory that grows to the largest size asked for and is kept for its purpose. */
export function scratchFor(backend: WasmBackend, purpose: string, sizeBytes: number): number {
  const scratches = reserved.get(backend) ?? new Map<string, { address: number; sizeBytes: number }>();
  reserved.set(backend, scratches);
  const held = scratches.get(purpose);
  if (held && held.sizeBytes >= sizeBytes) return held.address;
  if (held) backend.wasm._free(held.address);
  const address = allocate(backend, sizeBytes);
  scratches.set(purpose, { address, sizeBytes });
  return address;
}

/** Sets `sizeBytes` from `address` to zero. */
export function clear(backend: WasmBackend, address: number, sizeBytes: number): void {
  new Uint8Array(backend.wasm.asm.memory.buffer, address, sizeBytes).fill(0);
}

/** Runs a kernel of this project registered with TensorFlow.js, so that profiles show it. */
export function runKernel(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor | undefined>>,
  attributes: object,
): tf.Tensor[] {
  const present = Object.fromEntries(Object.entries(inputs).filter(([, tensor]) => tensor !== undefined));
  const result: unknown = tf.engine().runKernel(
    name,
    present as unknown as tf.NamedTensorMap,
    attributes as unknown as tf.NamedAttrMap,
  );
  return (Array.isArray(result) ? result : [result]) as tf.Tensor[];
}
