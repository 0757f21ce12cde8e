import * as tf from "@tensorflow/tfjs";
import { type Address, after, NOWHERE } from "../../kernels/address.ts";
import { addressOf, floatsAt, heapOf, type KernelHeap } from "../../kernels/heap.ts";
import { type AdamStep, BETA1, BETA2, EPSILON, factors } from "./contract.ts";

/** Numbers change in place unless another tensor shares them. */
export const fusedStep: AdamStep = (state, options) => {
  const heap = heapOf(tf.backend());
  const { calls, backend } = heap;
  const { gradients, gradientClip } = options;
  let squares = 0;
  for (const gradient of gradients) {
    if (gradient) squares += calls.sumOfSquares({ x: addressOf(backend, gradient) }, { size: gradient.size });
  }
  const norm = Math.sqrt(squares);
  // Not-a-number stays not-a-number.
  const scale = Math.min(gradientClip / (norm + 1e-6), 1);
  const { rate, correction } = factors(options);
  makeOwn(heap, state.mean);
  makeOwn(heap, state.square);
  let offset = 0;
  state.parameters.forEach((variable, i) => {
    const gradient = gradients[i];
    rewrite(heap, variable, (parameter, out) =>
      calls.adam({
        parameter,
        gradient: gradient ? addressOf(backend, gradient) : NOWHERE,
        mean: after(addressOf(backend, state.mean), offset),
        square: after(addressOf(backend, state.square), offset),
        out,
      }, {
        size: variable.size,
        scale,
        beta1: BETA1,
        oneMinusBeta1: 1 - BETA1,
        beta2: BETA2,
        oneMinusBeta2: 1 - BETA2,
        rate,
        correction,
        epsilon: EPSILON,
      }));
    offset += variable.size;
  });
  return tf.scalar(norm);
};

/** Calls `write` with where a variable's numbers are and where the new ones go: the same place if nobody shares it. */
function rewrite({ backend }: KernelHeap, variable: tf.Variable, write: (from: Address, to: Address) => void): void {
  const from = addressOf(backend, variable);
  if (backend.refCount(variable.dataId) === 1) {
    write(from, from);
    return;
  }
  const info = backend.makeOutput(variable.shape, "float32");
  write(from, addressOf(backend, info));
  const fresh = tf.engine().makeTensorFromTensorInfo(info, tf.backend());
  variable.assign(fresh);
  fresh.dispose();
}

/** Gives a variable numbers that nobody shares. */
function makeOwn(heap: KernelHeap, variable: tf.Variable): void {
  rewrite(heap, variable, (from, to) => {
    if (from === to) return;
    floatsAt(heap.backend, to, variable.size).set(floatsAt(heap.backend, from, variable.size));
  });
}
