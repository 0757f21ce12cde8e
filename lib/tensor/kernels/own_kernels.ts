import * as tf from "@tensorflow/tfjs";
import { kernelsInUse } from "./install.ts";

let forcedPlain = false;

/** Makes fused operations run as plain TensorFlow.js operations even where own kernels exist; for tests. */
export function forcePlainOperations(plain: boolean): void {
  forcedPlain = plain;
}

/** Whether operations with kernels of this project run them on the backend in use. */
export function runsOwnKernels(): boolean {
  return !forcedPlain && tf.getBackend() === "wasm" && kernelsInUse() !== "stock";
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
