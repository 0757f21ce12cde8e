import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { chosenBackend } from "../../chosen_backend.ts";
import { useBackend } from "../../../lib/tensor/backend.ts";
import { installKernels } from "../../../lib/tensor/kernels/install.ts";
import { kernelBuilds } from "../../../lib/tensor/kernels/kernel_module.ts";
import { forcePlainOperations } from "../../../lib/tensor/kernels/either_of.ts";
import { assertClose, valuesOn } from "../numeric.ts";

/** An operation with given inputs. */
export interface OperationCase {
  readonly what: string;
  readonly inputs: readonly { shape: number[]; values: Float32Array }[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** How many inputs, from the first, get a gradient; default all. */
  readonly differentiable?: number;
  readonly tolerance?: number;
}

/** Value and gradients (of the output weighted by cosines, so that no two elements count alike). */
function valueAndGradients({ inputs, run, differentiable = inputs.length }: OperationCase): tf.Tensor[] {
  const tensors = inputs.map(({ shape, values }) => tf.tensor(values, shape, "float32"));
  const value = run(...tensors);
  const weight = tf.tensor(Float32Array.from({ length: value.size }, (_, i) => Math.cos(3 * i + 1)), value.shape);
  const rest = tensors.slice(differentiable);
  const gradients = differentiable === 0 ? [] : tf.grads((...first) => tf.sum(tf.mul(run(...first, ...rest), weight)))(
    tensors.slice(0, differentiable),
  );
  return [value, ...gradients];
}

/**
 * Asserts that an operation gives the same value and gradients as plain operations on the cpu backend: with both
 * builds of the kernels, with plain operations forced on wasm, with the stock kernels, and on the backend that
 * `TEST_BACKEND` names.
 */
export async function assertSameEverywhere(operation: OperationCase): Promise<void> {
  const expected = await valuesOn("cpu", () => valueAndGradients(operation));
  if (chosenBackend) {
    await useBackend(chosenBackend);
    checkResults(operation, { expected, where: chosenBackend });
  }
  await useBackend("wasm");
  for (const build of [...kernelBuilds, "plain", "stock"] as const) {
    forcePlainOperations(build === "plain");
    await installKernels(build === "plain" ? undefined : build);
    checkResults(operation, { expected, where: build });
  }
  forcePlainOperations(false);
  await installKernels();
}

/** Compares value and gradients on the backend in use, and that no tensor is left. */
function checkResults(
  operation: OperationCase,
  { expected, where }: { expected: readonly Float32Array[]; where: string },
): void {
  const { what, tolerance = 1e-5 } = operation;
  const before = tf.memory().numTensors;
  const results = tf.tidy(() => valueAndGradients(operation));
  results.forEach((result, i) => {
    const part = `${what} (${where}), ${i === 0 ? "value" : `gradient ${i - 1}`}`;
    assertClose(result.dataSync(), expected[i]!, { tolerance, what: part });
  });
  tf.dispose(results);
  assert.equal(tf.memory().numTensors, before, `${what} (${where}): tensors`);
}
