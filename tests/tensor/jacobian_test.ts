import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../lib/tensor/backend.ts";
import { installKernels } from "../../lib/tensor/kernels/install.ts";
import { kernelBuilds } from "../../lib/tensor/kernels/kernel_module.ts";
import { jacobianProducts, networkJacobian } from "../../lib/tensor/ops/jacobian/jacobian.ts";
import { type JacobianLayout } from "../../lib/tensor/ops/jacobian/contract.ts";
import { assertClose, normalTensor } from "./numeric.ts";

/** Rows of the Jacobian at each point; more than the kernel takes at once in all, and none at one point. */
const perPoint = [3, 0, 4, 9, 600, 5, 1];
const points = perPoint.flatMap((count, p) => Array.from({ length: count }, () => p));
const directionCount = 6;
const columnCount = 5;

function layout(): JacobianLayout {
  let total = 0;
  return {
    points: tf.tensor1d(points, "int32"),
    directions: tf.tensor1d(points.map((_, s) => (5 * s + 2) % directionCount), "int32"),
    columns: tf.tensor1d(points.map((_, s) => (3 * s + 1) % columnCount), "int32"),
    first: tf.tensor1d([0, ...perPoint.map((count) => total += count)], "int32"),
    columnCount,
  };
}

/** A network at points before its first ReLU, [P, H_0]. */
function network(widths: readonly number[]) {
  const start = normalTensor(1, [perPoint.length, widths[0]!]);
  const weights = widths.slice(1).map((width, l) => normalTensor(2 + l, [widths[l]!, width]) as tf.Tensor2D);
  const values = (from: tf.Tensor): tf.Tensor2D[] => {
    const all = [from.relu() as tf.Tensor2D];
    for (const weight of weights) all.push(tf.matMul(all.at(-1)!, weight).relu());
    return all;
  };
  return { start, weights, values };
}

for (const widths of [[7], [9, 6], [8, 33, 12]]) {
  Deno.test(`networkJacobian of widths ${widths} are the network's derivatives along the directions`, async () => {
    await useBackend("cpu");
    const expected = tf.tidy(() => {
      const { start, values } = network(widths);
      const directions = normalTensor(9, [directionCount, widths[0]!]);
      const along = tf.gather(directions, layout().directions);
      // The product of a row with e_h is the gradient of output h times the direction.
      const columns = Array.from({ length: widths.at(-1)! }, (_, h) => {
        const gradient = tf.grad((z: tf.Tensor) => values(z).at(-1)!.slice([0, h], [-1, 1]).sum())(start);
        return tf.gather(gradient, layout().points).mul(along).sum(1);
      });
      return tf.stack(columns, 1).dataSync();
    });
    assert(expected.some((value) => value !== 0));
    for (const build of ["cpu", "stock", ...kernelBuilds] as const) {
      await useBackend(build === "cpu" ? "cpu" : "wasm");
      if (build !== "cpu") await installKernels(build);
      const before = tf.memory().numTensors;
      const found = tf.tidy(() => {
        const { start, weights, values } = network(widths);
        const directions = normalTensor(9, [directionCount, widths[0]!]) as tf.Tensor2D;
        return networkJacobian(directions, { layout: layout(), network: { values: values(start), weights } })
          .dataSync();
      });
      assertClose(found, expected, { tolerance: 1e-4, what: build });
      assert.equal(tf.memory().numTensors, before);
    }
    await installKernels();
  });
}

for (const width of [1, 6, 8, 44]) {
  Deno.test(`jacobianProducts of width ${width} are sums of products by sample and column`, async () => {
    const [terms, rows, batch] = [3, 12, 4];
    // Numbers from 7 on are no points.
    const taken = Array.from({ length: terms * rows }, (_, k) => (k * k + k) % 9);
    for (const build of ["cpu", "stock", ...kernelBuilds] as const) {
      await useBackend(build === "cpu" ? "cpu" : "wasm");
      if (build !== "cpu") await installKernels(build);
      tf.tidy(() => {
        const dy = normalTensor(3, [rows, width]) as tf.Tensor2D;
        const jacobian = normalTensor(4, [points.length, width]) as tf.Tensor2D;
        const products = tf.matMul(dy, jacobian, false, true).arraySync() as number[][];
        const { columns } = layout();
        const expected = new Float32Array(batch * columnCount);
        for (let s = 0; s < points.length; s++) {
          taken.forEach((point, k) => {
            if (point !== points[s]) return;
            expected[(k % rows % batch) * columnCount + columns.dataSync()[s]!]! += products[k % rows]![s]!;
          });
        }
        const found = jacobianProducts(dy, {
          jacobian,
          layout: layout(),
          points: tf.tensor2d(taken, [terms, rows], "int32"),
          batch,
        });
        assert.deepEqual(found.shape, [batch, columnCount]);
        assertClose(found.dataSync(), expected, { tolerance: 1e-3, what: build });
      });
    }
    await installKernels();
  });
}
