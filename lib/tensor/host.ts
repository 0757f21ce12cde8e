import * as tf from "@tensorflow/tfjs";

/** Row-major numbers of the host as a float32 matrix; the caller disposes it. */
export function matrix(data: Float32Array, shape: readonly [rows: number, columns: number]): tf.Tensor2D {
  return tf.tensor2d(data, [...shape], "float32");
}

/** Row-major numbers of the host as a float32 tensor of three axes; the caller disposes it. */
export function cube(data: Float32Array, shape: readonly [number, number, number]): tf.Tensor3D {
  return tf.tensor3d(data, [...shape], "float32");
}

/** Computes tensors, copies their numbers to the host, waiting until they are there, and frees everything. */
export async function readTensors<Name extends string>(
  compute: () => Readonly<Record<Name, tf.Tensor>>,
): Promise<Record<Name, Float32Array>> {
  const tensors = tf.tidy(compute as () => Record<Name, tf.Tensor>);
  try {
    const read: Partial<Record<Name, Float32Array>> = {};
    for (const name in tensors) read[name] = Float32Array.from(await tensors[name].data());
    return read as Record<Name, Float32Array>;
  } finally {
    tf.dispose(tensors);
  }
}

/** The same for one tensor. */
export async function readTensor(compute: () => tf.Tensor): Promise<Float32Array> {
  return (await readTensors(() => ({ only: compute() }))).only;
}

/** Computes a tensor and copies its numbers at once; the numbers are a view that the caller reads before the next operation. */
export function readTensorSync(compute: () => tf.Tensor): Float32Array {
  const tensor = tf.tidy(compute);
  try {
    return tensor.dataSync<"float32">();
  } finally {
    tensor.dispose();
  }
}

/** Copies scalars to the host with one read for all, and frees them even if it fails. */
export async function readScalars(scalars: readonly tf.Tensor[]): Promise<Float32Array> {
  try {
    return await readTensor(() => tf.stack(scalars.map((scalar) => scalar.asScalar())));
  } finally {
    tf.dispose([...scalars]);
  }
}

/** A product of two small matrices on the backend in use, to see whether it computes: 21 and 43. */
export function smallProduct(): Promise<Float32Array> {
  return readTensor(() => tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[1], [10]])));
}
