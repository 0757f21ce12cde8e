import type * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../../core/extremes.ts";
import { customGradient } from "../../custom_gradient.ts";
import { after, NOWHERE } from "../../kernels/address.ts";
import { defineKernel } from "../../kernels/define_kernel.ts";
import { gemm } from "../../kernels/gemm.ts";
import { scratchFor } from "../../kernels/heap.ts";
import { type ChainTree, treesOf } from "./chain_trees.ts";
import type { GruChainsInput, GruChainsOps } from "./contract.ts";
import { mostRows, place } from "./placed_trees.ts";
import { chainsGradient } from "./wasm_gradient.ts";

/** [rows, H], [rows, 3H], [units, H, 3H] and [units, 1, 3H]. */
type ForwardInputs = Pick<GruChainsInput, "start" | "gates" | "hiddenWeight" | "hiddenBias">;

interface ForwardAttributes {
  readonly trees: readonly ChainTree[];
  /** Whether to keep what the gradient needs. */
  readonly keeps: boolean;
}

/** Hidden states [J · B, H] and what the backward pass needs of the cells. */
const forward = defineKernel<ForwardInputs, [tf.Tensor2D, tf.Tensor1D], ForwardAttributes>("GruChains", (context) => {
  const { backend, calls, inputs: { start, gates, hiddenWeight, hiddenBias }, at } = context;
  const { keeps, ...attributes } = context.attributes;
  const trees = place(context, attributes.trees);
  const width = hiddenWeight.shape[1];
  const samples = trees.reduce((sum, tree) => sum + tree.samples, 0);
  const output = context.output([samples, width]);
  const keptRows = keeps ? trees.reduce((sum, tree) => sum + tree.hiddenCount + 4 * tree.gateCount, 0) : 0;
  const kept = context.output([keptRows * width]);
  const most = mostRows(trees);
  const product = scratchFor(backend, "chain products", 3 * width * most);
  const leaves = scratchFor(backend, "chain leaves", width * most);
  const mostHidden = Math.max(maxOf(trees.map((tree) => tree.hiddenCount)), 1);
  const states = scratchFor(backend, "chain states", width * mostHidden);
  let hiddenAt = keeps ? at(kept) : states;
  let out = at(output);
  trees.forEach(({ levels, samples, hiddenCount, gateCount }, unit) => {
    const gatesAt = after(hiddenAt, width * hiddenCount);
    const last = levels.at(-1)!;
    // The last level's states go straight to the output where each sample has its own.
    const end = last.count === samples ? out : leaves;
    const stateAt = (depth: number) =>
      depth === levels.length - 1 ? end : after(hiddenAt, width * levels[depth]!.firstHidden);
    const first = levels[0]!;
    const weight = after(at(hiddenWeight), 3 * unit * width * width);
    const bias = after(at(hiddenBias), 3 * unit * width);
    calls.copyRows({ source: at(start), rows: first.rows, out: stateAt(0) }, { count: first.count, width });
    for (let depth = 1; depth < levels.length; depth++) {
      const { rows, parents, count, firstGates } = levels[depth]!;
      const before = stateAt(depth - 1);
      gemm(context, { a: before, b: weight, c: product, bias }, {
        m: levels[depth - 1]!.count,
        n: 3 * width,
        k: width,
      });
      const kept = keeps ? after(gatesAt, 4 * width * firstGates) : NOWHERE;
      const places = { a: at(gates), rows, b: product, h: before, parents, out: stateAt(depth), gates: kept };
      calls.gruCells(places, { count, width });
    }
    if (end !== out) calls.copyRows({ source: end, rows: last.nodes, out }, { count: samples, width });
    out = after(out, width * samples);
    if (keeps) hiddenAt = after(gatesAt, 4 * width * gateCount);
  });
  return [output, kept];
});

/** Chains of recurrent units on the wasm backend's memory: samples that have read the same share its computation. */
export const gruChainsKernels: GruChainsOps = {
  all(input, learned) {
    const { start, gates, hiddenWeight, hiddenBias, chains, categories } = input;
    const { oneHots, jacobian } = learned ?? { oneHots: [], jacobian: null };
    const trees = treesOf(input, null);
    return customGradient([start, gates, hiddenWeight, hiddenBias, ...oneHots], {
      forward() {
        const [hidden, kept] = forward({ start, gates, hiddenWeight, hiddenBias }, { trees, keeps: true });
        return {
          value: hidden.reshape<tf.Tensor3D>([chains.length, categories.shape[1], start.shape[1]]),
          saved: [hiddenWeight, kept, ...(jacobian ? [jacobian.start, jacobian.hidden, jacobian.gates] : [])],
        };
      },
      gradient: (dy, [hiddenWeight, kept, startJacobian, hiddenJacobian, gateJacobian]) =>
        chainsGradient({ dy, hiddenWeight, kept, startJacobian, hiddenJacobian, gateJacobian }, {
          trees,
          rows: { start: start.shape[0], gates: gates.shape[0] },
          oneHotShapes: oneHots.map((oneHot) => oneHot.shape),
        }),
    });
  },
  some({ start, gates, hiddenWeight, hiddenBias, ...input }, samples) {
    const trees = treesOf(input, samples);
    return forward({ start, gates, hiddenWeight, hiddenBias }, { trees, keeps: false })[0];
  },
};
