import * as tf from "@tensorflow/tfjs";
import { defineKernel } from "../../kernels/define_kernel.ts";
import { floatsAt, integersAt } from "../../kernels/heap.ts";
import type { CategoryRowsOps, OneHotRun } from "./contract.ts";

// The stock ArgMax and int32 Add go over their operands several times slower.
const categoryRows = defineKernel<OneHotRun, [tf.Tensor2D]>("CategoryRows", ({ backend, inputs, at, integers }) => {
  const { oneHot, offsets } = inputs;
  const [count, batch, categories] = oneHot.shape;
  const output = integers([count, batch]);
  // Views of the heap are taken anew: it may have grown.
  const values = floatsAt(backend, at(oneHot), count * batch * categories);
  const first = integersAt(backend, at(offsets), count);
  const rows = integersAt(backend, at(output), count * batch);
  for (let i = 0; i < count; i++) {
    const offset = first[i]!;
    for (let b = 0; b < batch; b++) {
      const start = (i * batch + b) * categories;
      let best = 0;
      for (let k = 1; k < categories; k++) if (values[start + k]! > values[start + best]!) best = k;
      rows[i * batch + b] = offset + best;
    }
  }
  return [output];
}, { int32: ["offsets"] });

/** On the wasm backend's memory. */
export const kernelRows: CategoryRowsOps = {
  categoryRows: (run) => categoryRows({ oneHot: run.oneHot, offsets: run.offsets }, {})[0],
  chosenRows: (runs) => ({
    batch: runs[0]!.oneHot.shape[1],
    rows: tf.concat(runs.map(kernelRows.categoryRows), 0),
    taken: null,
  }),
};
