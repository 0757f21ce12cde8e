import * as tf from "@tensorflow/tfjs";

let isInstalled = false;

/**
 * Takes the gradient of tf.relu in three operations on all backends. The stock one is made of tf.step, which runs as
 * six on the tensorflow backend (TensorFlow.js 4.22). The numbers are the same.
 */
export function installReluGradient(): void {
  if (isInstalled) return;
  isInstalled = true;
  tf.unregisterGradient("Relu");
  tf.registerGradient({
    kernelName: "Relu",
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({ x: () => tf.mul(dy as tf.Tensor, x!.greater(0).cast("float32")) }),
  });
}
