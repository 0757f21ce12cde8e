import type { DataType, KernelConfig, TensorInfo } from "@tensorflow/tfjs";
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
  incRef(dataId: object): void;
  /** How many tensors share the numbers. */
  refCount(dataId: object): number;
}

/** The kernels that work on a backend's memory. */
export interface BackendKernels {
  readonly build: KernelBuild;
  readonly exports: KernelExports;
  /** Address of scratch memory of `scratchBytes`, overwritten by each call. */
  readonly scratch: number;
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

/** What a kernel's body works with. */
export interface KernelContext<Inputs, Attributes> extends KernelHeap {
  readonly inputs: Inputs;
  readonly attributes: Attributes;
  /** Address of a tensor, 0 for none. */
  at(tensor: TensorInfo | undefined): number;
  /** Allocates a float32 output. */
  output(shape: number[]): TensorInfo;
  /** Allocates a float32 output of zeros. */
  zeros(shape: number[]): TensorInfo;
}

/**
 * Describes a kernel of the wasm backend.
 *
 * @param options.int32 Names of inputs that are int32; all others are float32.
 * @throws {TypeError} When it runs on an input of another type.
 */
export function wasmKernel<Inputs extends object, Attributes = unknown>(
  kernelName: string,
  body: (context: KernelContext<Inputs, Attributes>) => TensorInfo | TensorInfo[],
  options: { readonly int32?: readonly (keyof Inputs & string)[] } = {},
): KernelConfig {
  const integers = new Set<string>(options.int32);
  return {
    kernelName,
    backendName: "wasm",
    kernelFunc: ({ inputs, backend, attrs }) => {
      const wasm = backend as WasmBackend;
      for (const name in inputs) {
        const dtype = inputs[name]?.dtype;
        const expected = integers.has(name) ? "int32" : "float32";
        if (dtype !== undefined && dtype !== expected) {
          throw new TypeError(`Cannot run ${kernelName}: expected ${expected} ${name}, got ${dtype}`);
        }
      }
      return body({
        ...heapOf(wasm),
        inputs: inputs as Inputs,
        attributes: attrs as Attributes,
        at: (tensor) => tensor ? addressOf(wasm, tensor) : 0,
        output: (shape) => wasm.makeOutput(shape, "float32"),
        zeros(shape) {
          const tensor = wasm.makeOutput(shape, "float32");
          clear(wasm, addressOf(wasm, tensor), 4 * shape.reduce((size, dimension) => size * dimension, 1));
          return tensor;
        },
      });
    },
  };
}
