import type { DataType, TensorInfo } from "@tensorflow/tfjs";
import type { Address } from "./address.ts";
import type { KernelCalls } from "./kernel_calls.ts";
import type { KernelBuild } from "./kernel_module.ts";

/** The parts of TensorFlow.js's wasm backend that the kernels use (4.22; its types keep them private). */
export interface WasmBackend {
  readonly wasm: {
    readonly asm: { readonly memory: WebAssembly.Memory };
    _malloc(sizeBytes: number): number;
    _free(address: Address): void;
  };
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number } };
  /** Allocates a tensor; its numbers are undefined until the kernel writes them. */
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  disposeData(dataId: object): boolean;
  incRef(dataId: object): void;
  /** How many tensors share the numbers. */
  refCount(dataId: object): number;
}

/** The kernels that work on a backend's memory. */
export interface BackendKernels {
  readonly build: KernelBuild;
  readonly calls: KernelCalls;
  /** Address of scratch memory of `scratchBytes`, overwritten by each call. */
  readonly scratch: Address;
  readonly scratchBytes: number;
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
export function addressOf(backend: WasmBackend, tensor: TensorInfo): Address {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset as Address;
}

/**
 * Reserves memory in TensorFlow.js's heap; free it with `backend.wasm._free`.
 *
 * @throws {RangeError} If the heap cannot grow any more.
 */
export function allocate(backend: WasmBackend, sizeBytes: number): Address {
  const address = backend.wasm._malloc(sizeBytes) >>> 0;
  if (address === 0) {
    throw new RangeError(`Cannot reserve memory: the heap is full, expected room for ${sizeBytes} bytes, got none`);
  }
  return address as Address;
}

/** A kernel's access to the heap and the compiled functions. */
export interface KernelHeap extends BackendKernels {
  readonly backend: WasmBackend;
}

/**
 * A backend with its heap and kernels.
 *
 * @throws {RangeError} If the kernels are not installed on the backend.
 */
export function heapOf(backend: unknown): KernelHeap {
  const kernels = kernelsOf(backend as object);
  if (!kernels) throw new RangeError("Cannot run a kernel: expected the wasm backend with kernels installed, got none");
  return { backend: backend as WasmBackend, ...kernels };
}

const reserved = new WeakMap<object, Map<string, { address: Address; sizeBytes: number }>>();

/** Address of scratch memory that grows to the most numbers, of four bytes, asked for and is kept for its purpose. */
export function scratchFor(backend: WasmBackend, purpose: string, count: number): Address {
  const sizeBytes = 4 * count;
  const scratches = reserved.get(backend) ?? new Map<string, { address: Address; sizeBytes: number }>();
  reserved.set(backend, scratches);
  const held = scratches.get(purpose);
  if (held && held.sizeBytes >= sizeBytes) return held.address;
  if (held) backend.wasm._free(held.address);
  const address = allocate(backend, sizeBytes);
  scratches.set(purpose, { address, sizeBytes });
  return address;
}

/** The float32 numbers from an address on; until the memory grows. */
export function floatsAt(backend: WasmBackend, address: Address, count: number): Float32Array {
  return new Float32Array(backend.wasm.asm.memory.buffer, address, count);
}

/** The int32 numbers from an address on; until the memory grows. */
export function integersAt(backend: WasmBackend, address: Address, count: number): Int32Array {
  return new Int32Array(backend.wasm.asm.memory.buffer, address, count);
}
