import type * as tf from "@tensorflow/tfjs";
import { type Address, after, NOWHERE } from "../../kernels/address.ts";
import { defineKernel } from "../../kernels/define_kernel.ts";
import { gemm } from "../../kernels/gemm.ts";
import { floatsAt, type KernelHeap, scratchFor } from "../../kernels/heap.ts";
import type { ChainTree } from "./chain_trees.ts";
import { mostRows, place, type PlacedLevel, type PlacedTree } from "./placed_trees.ts";

interface GradientInputs {
  /** [samples, H]. */
  readonly dy: tf.Tensor;
  /** What the forward pass kept. */
  readonly kept: tf.Tensor;
  readonly hiddenWeight: tf.Tensor;
  /** All three or none. */
  readonly startJacobian: tf.Tensor | undefined;
  readonly hiddenJacobian: tf.Tensor | undefined;
  readonly gateJacobian: tf.Tensor | undefined;
}

interface GradientAttributes {
  readonly trees: readonly ChainTree[];
  /** R and G. */
  readonly rows: { readonly start: number; readonly gates: number };
  /** [n, B, c] of each run of one-hots. */
  readonly oneHotShapes: readonly [number, number, number][];
}

/** Gradients of start, gates, hiddenWeight, hiddenBias and each run of one-hots. */
export const chainsGradient = defineKernel<
  GradientInputs,
  [tf.Tensor2D, tf.Tensor2D, tf.Tensor3D, tf.Tensor3D, ...tf.Tensor3D[]],
  GradientAttributes
>(
  "GruChainsGradient",
  (context) => {
    const { inputs, attributes: { rows, oneHotShapes, ...attributes }, at, zeros } = context;
    const trees = place(context, attributes.trees);
    const width = inputs.hiddenWeight.shape[1]!;
    const units = trees.length;
    const [start, gates] = [zeros([rows.start, width]), zeros([rows.gates, 3 * width])];
    const [dWeight, dBias] = [zeros([units, width, 3 * width]), zeros([units, 1, 3 * width])];
    const oneHots = oneHotShapes.map((shape) => zeros(shape));
    const pass = {
      ...{ heap: context, width, most: mostRows(trees) },
      jacobian: inputs.startJacobian
        ? { start: at(inputs.startJacobian), hidden: at(inputs.hiddenJacobian), gates: at(inputs.gateJacobian) }
        : null,
      ...{ start: at(start), gates: at(gates) },
      oneHotOf: variableAddresses(oneHots.map(at), oneHotShapes),
    };
    let dy = at(inputs.dy);
    let kept = at(inputs.kept);
    trees.forEach((tree, unit) => {
      const matrix = 3 * unit * width;
      chainGradient(pass, tree, {
        ...{ dy, hidden: kept, weight: after(at(inputs.hiddenWeight), matrix * width) },
        ...{ dWeight: after(at(dWeight), matrix * width), dBias: after(at(dBias), matrix) },
      });
      dy = after(dy, width * tree.samples);
      kept = after(kept, width * (tree.hiddenCount + 4 * tree.gateCount));
    });
    return [start, gates, dWeight, dBias, ...oneHots];
  },
);

/** Address of each variable's numbers in the gradients of runs. */
function variableAddresses(
  starts: readonly Address[],
  shapes: readonly [number, number, number][],
): readonly Address[] {
  return shapes.flatMap(([count, batch, categories], run) =>
    Array.from({ length: count }, (_, i) => after(starts[run]!, i * batch * categories))
  );
}

/** What all chains of a backward pass share. */
interface BackwardPass {
  readonly heap: KernelHeap;
  readonly width: number;
  readonly most: number;
  /** Null where no gradient goes to one-hots. */
  readonly jacobian: { readonly start: Address; readonly hidden: Address; readonly gates: Address } | null;
  /** Gradients that chains add to. */
  readonly start: Address;
  readonly gates: Address;
  readonly oneHotOf: readonly Address[];
}

/**
 * Backward through one chain. Without Jacobians, gradients go from node to parent. With them each sample has a gradient
 * of its own, as its way to the one-hots is not that of the samples it shares nodes with; nodes add them up for the
 * weights.
 */
function chainGradient(
  { heap, width, most, jacobian, ...out }: BackwardPass,
  { chain, levels, samples, hiddenCount }: PlacedTree,
  at: Readonly<Record<"dy" | "hidden" | "weight" | "dWeight" | "dBias", Address>>,
): void {
  const { backend, calls } = heap;
  const scratch = (purpose: string, rows: number) => scratchFor(backend, purpose, width * Math.max(rows, 1));
  const gatesAt = after(at.hidden, width * hiddenCount);
  // Gradients of the hidden part, all levels after one another like the hidden states, for one product in the end.
  const dHidden = scratch("chain gradients", 3 * hiddenCount);
  const dOfEntries = scratch("chain entries", 3 * most);
  const dInput = scratch("chain inputs", 3 * most);
  const product = scratch("chain products", 3 * most);
  let [direct, spare] = [scratch("chain leaves", most), scratch("chain spare", most)];
  const clear = (target: Address, count: number) => void floatsAt(backend, target, count).fill(0);
  const sumByNode = (source: Address, level: PlacedLevel, target: Address, width: number) => {
    clear(target, width * level.count);
    calls.addRows({ source, rows: level.nodes, target }, { count: samples, width });
  };
  const backThroughWeight = (a: Address, count: number) =>
    gemm(heap, { a, b: at.weight, c: product }, { m: count, n: width, k: 3 * width, transposeB: true });
  const addJacobian = (d: Address, table: Address, { depth, width }: { depth: number; width: number }) => {
    const { variable, categories, row, jacobianRow } = depth === 0 ? chain.own : chain.reads[depth - 1]!;
    const { nodes, rows } = levels[depth]!;
    const places = { d, jacobian: after(table, jacobianRow! * width), nodes, rows, out: out.oneHotOf[variable]! };
    calls.addJacobian(places, { firstRow: row, c: categories, count: samples, width });
  };

  const last = levels.at(-1)!;
  let dy = at.dy;
  let dy2 = NOWHERE;
  if (!jacobian && last.count < samples) {
    sumByNode(dy, last, spare, width);
    dy = spare;
    [direct, spare] = [spare, direct];
  }
  for (let depth = levels.length - 1; depth > 0; depth--) {
    const { count, rows, parents, nodes, firstGates } = levels[depth]!;
    const before = levels[depth - 1]!;
    const entries = jacobian ? samples : count;
    const addsToParents = !jacobian && before.count < entries;
    const own = after(dHidden, 3 * width * before.firstHidden);
    const dB = addsToParents || before.count === entries ? own : dOfEntries;
    if (addsToParents) {
      clear(own, 3 * width * before.count);
      clear(spare, width * before.count);
    }
    const learns = jacobian !== null && chain.reads[depth - 1]!.jacobianRow !== null;
    calls.gruCellsGradient({
      dy,
      dy2,
      nodes: jacobian ? nodes : NOWHERE,
      rows,
      parents,
      gates: after(gatesAt, 4 * width * firstGates),
      h: after(at.hidden, width * before.firstHidden),
      dA: out.gates,
      dAOfEntry: learns ? dInput : NOWHERE,
      dB,
      dH: spare,
    }, { addsToParents, count: entries, width });
    if (learns) addJacobian(dInput, jacobian.gates, { depth, width: 3 * width });
    if (dB !== own) sumByNode(dB, before, own, 3 * width);
    [direct, spare] = [spare, direct];
    dy = direct;
    if (depth > 1) {
      backThroughWeight(dB, jacobian ? samples : before.count);
      dy2 = product;
    } else {
      if (jacobian) addJacobian(dB, jacobian.hidden, { depth: 0, width: 3 * width });
      backThroughWeight(own, before.count);
      calls.addRows({ source: product, rows: before.rows, target: out.start }, { count: before.count, width });
    }
  }
  const first = levels[0]!;
  if (jacobian) {
    addJacobian(dy, jacobian.start, { depth: 0, width });
    sumByNode(dy, first, spare, width);
    dy = spare;
  }
  calls.addRows({ source: dy, rows: first.rows, target: out.start }, { count: first.count, width });
  if (hiddenCount > 0) {
    const product = { m: width, n: 3 * width, k: hiddenCount, transposeA: true };
    gemm(heap, { a: at.hidden, b: dHidden, c: at.dWeight }, product);
    calls.sumMiddle({ x: dHidden, out: at.dBias }, { outer: 1, count: hiddenCount, inner: 3 * width });
  }
}
