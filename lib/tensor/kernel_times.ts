import * as tf from "@tensorflow/tfjs";

/** Whether operations only queue up on the backend in use, so that a read waits for them. */
export function isQueued(): boolean {
  return tf.getBackend() === "webgpu";
}

/** Time of one kind of kernel. */
export interface KernelTime {
  readonly ms: number;
  readonly calls: number;
}

/**
 * Runs something and times its kernels by name, as TensorFlow.js profiles them; an operation's custom gradient counts as
 * the kernels that it runs. Means something only where a kernel ends when it returns, see {@link isQueued}.
 */
export async function timeKernels(run: () => void): Promise<ReadonlyMap<string, KernelTime>> {
  // Else every output is read to look for NaN.
  tf.env().set("CHECK_COMPUTATION_FOR_ERRORS", false);
  const { kernels } = await tf.profile(run);
  const times = new Map<string, KernelTime>();
  for (const { name, kernelTimeMs } of kernels) {
    if (name === "forward") continue; // A custom gradient's forward pass, whose kernels are in the list themselves.
    const { ms, calls } = times.get(name) ?? { ms: 0, calls: 0 };
    times.set(name, { ms: ms + Number(await kernelTimeMs), calls: calls + 1 });
  }
  return times;
}
