import * as tf from "@tensorflow/tfjs";
import { type Address, NOWHERE } from "./address.ts";
import {
  addressOf,
  type BackendKernels,
  floatsAt,
  heapOf,
  type KernelHeap,
  kernelsOf,
  type WasmBackend,
} from "./heap.ts";

/** A tensor as a kernel sees it. */
export type Seen<T> = T extends tf.Tensor ? tf.TensorInfo & { readonly shape: T["shape"] } : T;

/** What a kernel's body works with. */
export interface KernelContext<Inputs, Attributes> extends KernelHeap {
  readonly inputs: { readonly [Name in keyof Inputs]: Seen<Inputs[Name]> };
  readonly attributes: Attributes;
  /** Address of a tensor's numbers. */
  at(tensor: tf.TensorInfo | undefined): Address;
  /** Allocates a float32 output. */
  output<Shape extends number[]>(shape: readonly [...Shape]): tf.TensorInfo & { readonly shape: Shape };
  /** Allocates an int32 output. */
  integers<Shape extends number[]>(shape: readonly [...Shape]): tf.TensorInfo & { readonly shape: Shape };
  /** Allocates a float32 output of zeros. */
  zeros<Shape extends number[]>(shape: readonly [...Shape]): tf.TensorInfo & { readonly shape: Shape };
}

type Tools = Omit<KernelContext<unknown, unknown>, "inputs" | "attributes">;

const made = new WeakMap<BackendKernels, Tools>();

/** What is the same for all calls, made once. */
function toolsOf(backend: WasmBackend): Tools {
  const kernels = kernelsOf(backend);
  const known = kernels && made.get(kernels);
  if (known) return known;
  const allocate = <Shape extends number[]>(shape: readonly [...Shape], dtype: "float32" | "int32") =>
    backend.makeOutput([...shape], dtype) as tf.TensorInfo & { readonly shape: Shape };
  const tools: Tools = {
    ...heapOf(backend),
    at: (tensor) => tensor ? addressOf(backend, tensor) : NOWHERE,
    output: (shape) => allocate(shape, "float32"),
    integers: (shape) => allocate(shape, "int32"),
    zeros(shape) {
      const tensor = allocate(shape, "float32");
      floatsAt(backend, addressOf(backend, tensor), shape.reduce((size, dimension) => size * dimension, 1)).fill(0);
      return tensor;
    },
  };
  made.set(kernels!, tools);
  return tools;
}

/**
 * Defines a kernel of the wasm backend and registers it with TensorFlow.js, so that profiles and tapes know it.
 *
 * @param options.int32 Names of inputs that are int32; all others are float32.
 * @returns A function that runs it; without a registered gradient it is not differentiable. It throws a TypeError for an
 * input of another type.
 */
export function defineKernel<
  Inputs extends object,
  Outputs extends readonly tf.Tensor[],
  Attributes extends object = object,
>(
  kernelName: string,
  body: (context: KernelContext<Inputs, Attributes>) => { readonly [Place in keyof Outputs]: Seen<Outputs[Place]> },
  options: { readonly int32?: readonly (keyof Inputs & string)[] } = {},
): (inputs: Inputs, attributes: Attributes) => Outputs {
  const integers = new Set<string>(options.int32);
  tf.registerKernel({
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
      return [...body({ ...toolsOf(wasm), inputs, attributes: attrs } as KernelContext<Inputs, Attributes>)];
    },
  });
  return (inputs, attributes) => {
    const present = Object.fromEntries(Object.entries(inputs).filter(([, tensor]) => tensor !== undefined));
    return tf.engine().runKernel(
      kernelName,
      present as tf.NamedTensorMap,
      attributes as unknown as tf.NamedAttrMap,
    ) as unknown as Outputs;
  };
}

/** How a kernel is differentiated. */
export interface KernelGradient<Inputs, Output, Attributes> {
  /** Inputs that the gradient needs. */
  readonly saves: readonly (keyof Inputs & string)[];
  /** Whether it needs the output too. */
  readonly savesOutput?: boolean;
  /** Makes the gradients by input; one that is not wanted is not computed. */
  of(
    dy: Output,
    saved: Readonly<Required<Inputs>> & { readonly output: Output },
    attributes: Attributes,
  ): { readonly [Name in keyof Inputs]?: () => tf.Tensor };
}

/** Makes a kernel of one output differentiable. */
export function defineGradient<Inputs extends object, Output extends tf.Tensor, Attributes extends object = object>(
  kernelName: string,
  { saves, savesOutput = false, of }: KernelGradient<Inputs, Output, Attributes>,
): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: [...saves],
    outputsToSave: [savesOutput],
    gradFunc: (dy, saved, attributes) => {
      const named = Object.fromEntries([...saves, "output"].map((name, k) => [name, saved[k]]));
      const gradients = of(dy as Output, named as Parameters<typeof of>[1], attributes as unknown as Attributes);
      return gradients as Record<string, () => tf.Tensor>;
    },
  });
}
