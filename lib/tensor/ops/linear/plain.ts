import * as tf from "@tensorflow/tfjs";
import type { LinearOperation, LinearWeights } from "./contract.ts";

/** In plain TensorFlow.js operations, for every backend. */
export const plainLinear: LinearOperation = <R extends tf.Rank>(
  input: tf.Tensor,
  { weight, bias }: LinearWeights<R>,
  activation: string,
) =>
  tf.tidy(() => {
    const product: tf.Tensor<R> = tf.matMul(input, weight);
    const sum: tf.Tensor<R> = bias ? product.add(bias) : product;
    return activation === "relu" ? sum.relu() : sum;
  });
