import * as tf from "@tensorflow/tfjs";
import type { TensorInfo } from "@tensorflow/tfjs";
import type { TableMaxOps } from "../table_max.ts";
import { clear, heapOf, type KernelHeap, runKernel, scratchFor } from "./own_kernels.ts";
import { addressOf } from "./wasm_heap.ts";

const FLOAT = 4;

interface Operands {
  readonly heap: KernelHeap;
  readonly attributes: Readonly<Record<string, number>>;
  /** Address of an input. */
  readonly at: (name: string) => number;
  /** Shape of an input. */
  readonly shape: (name: string) => number[];
  /** A new tensor of zeros. */
  readonly zeros: (shape: number[]) => TensorInfo;
}

function register(name: string, run: (operands: Operands) => TensorInfo | TensorInfo[]): void {
  tf.registerKernel({
    kernelName: name,
    backendName: "wasm",
    kernelFunc: ({ inputs, backend, attrs }) => {
      const heap = heapOf(backend);
      const tensors = inputs as Record<string, TensorInfo>;
      return run({
        heap,
        attributes: attrs as unknown as Record<string, number>,
        at: (input) => addressOf(heap.backend, tensors[input]!),
        shape: (input) => tensors[input]!.shape,
        zeros(shape) {
          const result = heap.backend.makeOutput(shape, "float32");
          const size = shape.reduce((product, dimension) => product * dimension, 1);
          clear(heap.backend, addressOf(heap.backend, result), FLOAT * size);
          return result;
        },
      });
    },
  });
}

register("TableMax", ({ heap: { backend, exports }, at, shape }) => {
  const [targets, tableRows, width] = shape("table") as [number, number, number];
  const [inputs, batch] = shape("rows") as [number, number];
  const out = backend.makeOutput([targets, batch, width], "float32");
  const winner = backend.makeOutput([targets, batch, width], "int32");
  const active = scratchFor(backend, "active inputs", 2 * FLOAT * inputs);
  const maskStride = shape("mask")[0] === 1 ? 0 : targets * inputs;
  exports.tableMax(
    ...[at("table"), at("rows"), at("ownRows"), at("mask")] as const,
    ...[addressOf(backend, out), addressOf(backend, winner), active] as const,
    ...[targets, inputs, batch, tableRows, width, maskStride] as const,
  );
  return [out, winner];
});

register("TableMaxGradient", ({ heap: { backend, exports }, attributes, at, shape, zeros }) => {
  const [targets, batch, width] = shape("dy") as [number, number, number];
  const tableRows = attributes.tableRows!;
  const table = zeros([targets, tableRows, width]);
  exports.tableMaxGradient(
    ...[at("dy"), at("winner"), at("rows"), at("ownRows"), addressOf(backend, table)] as const,
    ...[targets, batch, tableRows, width] as const,
  );
  return table;
});

register("TableMaxInputGradient", ({ heap: { backend, exports }, attributes, at, shape, zeros }) => {
  const [targets, batch, width] = shape("dy") as [number, number, number];
  const [, count, categories] = shape("slopes") as [number, number, number];
  const own = zeros([count, batch, categories]);
  const others = zeros([count, batch, categories]);
  exports.tableMaxInputGradient(
    ...[at("dy"), at("winner"), at("rows"), at("ownRows"), at("slopes")] as const,
    ...[addressOf(backend, own), addressOf(backend, others)] as const,
    ...[targets, attributes.column!, count, categories, attributes.offset!, batch, width] as const,
  );
  return [own, others];
});

/** Maxima over table rows on the wasm backend's memory. */
export const tableMaxKernels: TableMaxOps = {
  forward({ table, rows, ownRows, mask }) {
    const [maximum, winner] = runKernel("TableMax", { table, rows, ownRows, mask }, {});
    return { maximum: maximum as tf.Tensor3D, winner: winner as tf.Tensor3D };
  },
  tableGradient: (dy, { winner, rows, ownRows, tableRows }) =>
    runKernel("TableMaxGradient", { dy, winner, rows, ownRows }, { tableRows })[0] as tf.Tensor3D,
  inputGradient(dy, { winner, rows, ownRows }, { tensor, column, offset }) {
    const [own, others] = runKernel("TableMaxInputGradient", { dy, winner, rows, ownRows, slopes: tensor }, {
      column,
      offset,
    });
    return { own: own as tf.Tensor3D, others: others as tf.Tensor3D };
  },
};
