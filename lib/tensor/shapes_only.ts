import * as tf from "@tensorflow/tfjs";

let isActive = false;

/**
 * Runs `make` so that new variables have their shapes and no values: a model can be asked for its sizes, whatever they
 * are, without taking its memory. Such a model can be disposed and nothing else.
 *
 * @param make Makes it and says what is asked; synchronous.
 */
export function withShapesOnly<Value>(make: () => Value): Value {
  isActive = true;
  try {
    return make();
  } finally {
    isActive = false;
  }
}

/**
 * A float32 variable; the caller owns it.
 *
 * @param options `values` makes its start values, as many as the shape has; not called within {@link withShapesOnly}.
 */
export function newVariable<R extends tf.Rank>(
  shape: readonly number[],
  { trainable, values }: { readonly trainable: boolean; values(): Float32Array },
): tf.Variable<R> {
  const start = isActive ? shapeAlone(shape) : tf.tensor(values(), [...shape], "float32");
  const variable = tf.variable(start, trainable) as tf.Variable<R>;
  start.dispose();
  return variable;
}

/** A tensor of any shape over one number, as a reshape shares what it was made from. */
function shapeAlone(shape: readonly number[]): tf.Tensor {
  const one = tf.scalar(0);
  tf.engine().backend.incRef(one.dataId);
  const tensor = tf.engine().makeTensorFromTensorInfo({ dataId: one.dataId, shape: [...shape], dtype: "float32" });
  one.dispose();
  return tensor;
}
