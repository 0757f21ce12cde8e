import * as tf from "@tensorflow/tfjs";

let isInstalled = false;

/**
 * Repairs the gradient of tf.matMul with broadcast batch axes, on all backends: the stock one returns the broadcast
 * shape; the sum over the broadcast axes was forgotten (TensorFlow.js 4.22).
 */
export function installMatMulGradient(): void {
  if (isInstalled) return;
  isInstalled = true;
  const stock = tf.getGradient("BatchMatMul");
  tf.unregisterGradient("BatchMatMul");
  tf.registerGradient({
    ...stock,
    gradFunc: (dy, saved, attributes) => {
      const gradients = stock.gradFunc(dy, saved, attributes);
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      return {
        a: () => reducedTo(a.shape, gradients.a!()),
        b: () => reducedTo(b.shape, gradients.b!()),
      };
    },
  });
}

function reducedTo(shape: number[], gradient: tf.Tensor): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
  return axes.length === 0 ? gradient : gradient.sum(axes).reshape(shape);
}
