import type { DataType, TensorInfo } from "@tensorflow/tfjs";
import type { KernelBuild, KernelExports } from "./kernel_module.ts";

/** The parts of TensorFlow.js's wasm backend that the kernels use (4.22; its types keep them private). */
export interface WasmBackend {
  readonly wasm: {
    readonly asm: { readonly memory: WebAssembly.Memory };
    _malloc(sizeBytes: number): number;
    _free(address: number): void;
  };
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number } };
  /** Allocates a tensor; its numbers are undefined until the kernel writes them. */
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  disposeData(dataId: object): boolean;
}

/** The kernels that work on a backend's memory. */
export interface BackendKernels {
  readonly build: KernelBuild;
  readonly exports: KernelExports;
  /** Address of scratch memory of `exports.gemmScratchBytes()`, overwritten by each call. */
  readonly scratch: number;
}

const installed = new WeakMap<object, BackendKernels>();

/** Kernels of a backend, if they are installed there. */
export function kernelsOf(backend: object): BackendKernels | undefined {
  return installed.get(backend);
}

/** Remembers the kernels of a backend. */
export function setKernelsOf(backend: object, kernels: BackendKernels): void {
  installed.set(backend, kernels);
}

/** Address of a tensor's first number. It holds while the tensor lives, also when the memory grows. */
export function addressOf(backend: WasmBackend, tensor: TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset;
}

/**
 * Reserves memory in TensorFlow.js's heap; free it with `backend.wasm._free`.
 *
 * @throws {RangeError} If the heap cannot grow any more.
 */
export function allocate(backend: WasmBackend, sizeBytes: number): number {
  const address = backend.wasm._malloc(sizeBytes) >>> 0;
  if (address === 0) {
    throw new RangeError(`Cannot reserve memory: the heap is full, expected room for ${sizeBytes} bytes, got none`);
  }
  return address;
}
