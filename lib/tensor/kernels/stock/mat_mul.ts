import { broadcast_util, getKernel } from "@tensorflow/tfjs";
import type { KernelConfig, TensorInfo } from "@tensorflow/tfjs";
import { after, NOWHERE } from "../address.ts";
import { gemm } from "../gemm.ts";
import { addressOf, type BackendKernels, kernelsOf, type WasmBackend } from "../heap.ts";

/** What is fused after a product. */
interface Epilogue {
  /** Rank-1 float32 of the product's width. */
  readonly bias?: TensorInfo | undefined;
  readonly activation?: keyof typeof fusedActivations | undefined;
  /** Slope of leakyrelu below zero. */
  readonly alpha?: number | undefined;
}

/** Numbers of assembly/gemm.ts. */
const fusedActivations = { linear: 0, relu: 1, relu6: 2, leakyrelu: 3 } as const;

/** Activations that run as a kernel of their own after the product. */
const laterActivations: Readonly<Record<string, string>> = { elu: "Elu", sigmoid: "Sigmoid", prelu: "Prelu" };

interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** tf.matMul: float32 [..., M, K] × [..., K, N], either side transposed, batch axes broadcast. */
export const batchMatMul: KernelConfig = {
  kernelName: "BatchMatMul",
  backendName: "wasm",
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    return multiply(backend as WasmBackend, { a, b, transposes: attrs as unknown as Transposes });
  },
};

/** tf.fused.matMul: the same with a bias and an activation. */
export const fusedMatMul: KernelConfig = {
  kernelName: "_FusedMatMul",
  backendName: "wasm",
  kernelFunc: ({ inputs, backend, attrs }) => {
    const wasm = backend as WasmBackend;
    const { a, b, bias, preluActivationWeights } = inputs as Record<string, TensorInfo> & Record<"a" | "b", TensorInfo>;
    const { activation, leakyreluAlpha } = attrs as unknown as { activation: string; leakyreluAlpha?: number };
    const transposes = attrs as unknown as Transposes;
    const width = transposes.transposeB ? b.shape.at(-2) : b.shape.at(-1);
    const fusesBias = !bias || (bias.shape.length === 1 && bias.shape[0] === width && bias.dtype === "float32");
    if (fusesBias && activation in fusedActivations) {
      const epilogue = { bias, activation: activation as keyof typeof fusedActivations, alpha: leakyreluAlpha };
      return multiply(wasm, { a, b, transposes, epilogue });
    }
    let result = multiply(wasm, { a, b, transposes, epilogue: fusesBias ? { bias } : {} });
    if (bias && !fusesBias) result = replace(wasm, result, "Add", { a: result, b: bias });
    switch (activation) {
      case "linear":
        return result;
      case "relu":
        return replace(wasm, result, "Relu", { x: result });
      case "relu6":
        return replace(wasm, result, "Relu6", { x: result });
      case "leakyrelu":
        return replace(wasm, result, "LeakyRelu", { x: result }, { alpha: leakyreluAlpha ?? 0 });
      case "prelu":
        return replace(wasm, result, "Prelu", { x: result, alpha: preluActivationWeights! });
      default: {
        const kernel = laterActivations[activation];
        if (kernel) return replace(wasm, result, kernel, { x: result });
        wasm.disposeData(result.dataId);
        throw new RangeError(
          `Cannot multiply matrices: unknown activation, expected one of ${
            [...Object.keys(fusedActivations), ...Object.keys(laterActivations)].join(", ")
          }, got "${activation}"`,
        );
      }
    }
  },
};

function multiply(
  backend: WasmBackend,
  options: { a: TensorInfo; b: TensorInfo; transposes: Transposes; epilogue?: Epilogue },
): TensorInfo {
  const { a, b, transposes: { transposeA, transposeB }, epilogue = {} } = options;
  if (a.dtype !== "float32" || b.dtype !== "float32") {
    throw new TypeError(`Cannot multiply matrices: expected float32, got ${a.dtype} and ${b.dtype}`);
  }
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const m = transposeA ? columnsA : rowsA;
  const k = transposeA ? rowsA : columnsA;
  const n = transposeB ? rowsB : columnsB;
  if (k !== (transposeB ? columnsB : rowsB)) {
    throw new TypeError(
      `Cannot multiply matrices: expected equal inner sizes, got [${a.shape}] and [${b.shape}] with ` +
        `transposeA=${transposeA} and transposeB=${transposeB}`,
    );
  }
  const batchA = a.shape.slice(0, -2);
  const batchB = b.shape.slice(0, -2);
  const batch = broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const output = backend.makeOutput([...batch, m, n], "float32");

  const heap = { backend, ...kernelsOf(backend) as BackendKernels };
  const bias = epilogue.bias ? addressOf(backend, epilogue.bias) : NOWHERE;
  const activation = fusedActivations[epilogue.activation ?? "linear"];
  const alpha = epilogue.alpha ?? 0;
  const startA = addressOf(backend, a);
  const startB = addressOf(backend, b);
  const startC = addressOf(backend, output);
  const count = sizeOf(batch);
  const countA = sizeOf(batchA);
  const countB = sizeOf(batchB);
  if (countB === 1 && !transposeA) {
    // One B for all: the rows of all A follow one another.
    const product = { m: count * m, n, k, transposeA, transposeB, activation, alpha };
    gemm(heap, { a: startA, b: startB, c: startC, bias }, product);
    return output;
  }
  const at = countA === count && countB === count ? null : { a: offsets(batchA, batch), b: offsets(batchB, batch) };
  const product = { m, n, k, transposeA, transposeB, activation, alpha };
  for (let i = 0; i < count; i++) {
    gemm(heap, {
      a: after(startA, m * k * (at ? at.a[i]! : i)),
      b: after(startB, k * n * (at ? at.b[i]! : i)),
      c: after(startC, m * n * i),
      bias,
    }, product);
  }
  return output;
}

/** For each entry of the broadcast shape, in order, the entry of `shape` that it comes from. */
function offsets(shape: readonly number[], broadcast: readonly number[]): Int32Array {
  let result = new Int32Array([0]);
  let stride = 1;
  const padded = [...Array<number>(broadcast.length - shape.length).fill(1), ...shape];
  for (let axis = broadcast.length - 1; axis >= 0; axis--) {
    const step = padded[axis] === 1 ? 0 : stride;
    const inner = result;
    result = new Int32Array(inner.length * broadcast[axis]!);
    for (let i = 0; i < result.length; i++) {
      result[i] = Math.floor(i / inner.length) * step + inner[i % inner.length]!;
    }
    stride *= padded[axis]!;
  }
  return result;
}

/** Runs a stock kernel on a result and disposes that. */
function replace(
  backend: WasmBackend,
  old: TensorInfo,
  kernelName: string,
  inputs: Record<string, TensorInfo>,
  attrs: Record<string, number> = {},
): TensorInfo {
  const result = getKernel(kernelName, "wasm").kernelFunc({ inputs, backend, attrs }) as TensorInfo;
  backend.disposeData(old.dataId);
  return result;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}
