import * as tf from "@tensorflow/tfjs";
import type { TensorInfo } from "@tensorflow/tfjs";
import { maxOf } from "../../core/extremes.ts";
import type { ChainSlopes, GruChain, GruChainsInput } from "../gru_chains.ts";
import type { PrefixLevel } from "../prefix_tree.ts";
import { gemm } from "./gemm.ts";
import { runKernel } from "./own_kernels.ts";
import { clear, type KernelHeap, scratchFor, wasmKernel } from "./wasm_heap.ts";

const FLOAT = 4;

/** A unit's chain, and its samples by the rows that they take: a level a row, the one it starts from first. */
export interface ChainTree {
  readonly chain: GruChain;
  readonly levels: readonly PrefixLevel[];
}

/** What the backward pass needs. */
export interface ChainGradientInput {
  readonly trees: readonly ChainTree[];
  readonly hiddenWeight: tf.Tensor3D;
  /** What the forward pass kept. */
  readonly kept: tf.Tensor1D;
  /** R and G. */
  readonly rows: { readonly start: number; readonly gates: number };
  /** [n, B, c] of each run of one-hots. */
  readonly oneHotShapes: readonly [number, number, number][];
  readonly slopes: ChainSlopes | null;
}

/** Chains of recurrent units on the wasm backend's memory. */
export const gruChainsKernels = {
  /** Hidden states [J · B, H] and what the backward pass needs of the cells. */
  forward(input: GruChainsInput, trees: readonly ChainTree[]): { hidden: tf.Tensor2D; kept: tf.Tensor1D } {
    const [hidden, kept] = runKernel("GruChains", tensorsOf(input), { trees, keeps: true });
    return { hidden: hidden as tf.Tensor2D, kept: kept as tf.Tensor1D };
  },
  /** Hidden states alone. */
  evaluate(input: GruChainsInput, trees: readonly ChainTree[]): tf.Tensor2D {
    return runKernel("GruChains", tensorsOf(input), { trees, keeps: false })[0] as tf.Tensor2D;
  },
  /** Gradients of start, gates, hiddenWeight, hiddenBias and each run of one-hots. */
  gradient(dy: tf.Tensor, { hiddenWeight, kept, slopes, ...attributes }: ChainGradientInput): tf.Tensor[] {
    const inputs = {
      ...{ dy, hiddenWeight, kept },
      ...(slopes ? { startSlopes: slopes.start, hiddenSlopes: slopes.hidden, gateSlopes: slopes.gates } : {}),
    };
    return runKernel("GruChainsGradient", inputs, attributes);
  },
};

function tensorsOf({ start, gates, hiddenWeight, hiddenBias }: GruChainsInput): Record<string, tf.Tensor> {
  return { start, gates, hiddenWeight, hiddenBias };
}

/** A level with the addresses of its numbers. */
interface PlacedLevel {
  readonly count: number;
  readonly parents: number;
  readonly rows: number;
  readonly nodes: number;
  /** Where its numbers stand among those kept: rows of hidden states before it, and of gates. */
  readonly firstHidden: number;
  readonly firstGates: number;
}

interface PlacedTree {
  readonly chain: GruChain;
  readonly levels: readonly PlacedLevel[];
  readonly samples: number;
  /** Nodes at all levels but the last, and but the first. */
  readonly hiddenCount: number;
  readonly gateCount: number;
}

/** Copies the trees' indices into memory. */
function place({ backend }: KernelHeap, trees: readonly ChainTree[]): readonly PlacedTree[] {
  const levels = trees.flatMap((tree) => tree.levels);
  const size = levels.reduce((sum, { count, nodes }) => sum + 2 * count + nodes.length, 0);
  let address = scratchFor(backend, "chain indices", FLOAT * Math.max(size, 1));
  const memory = new Int32Array(backend.wasm.asm.memory.buffer);
  const put = (numbers: Int32Array): number => {
    const start = address;
    memory.set(numbers, start / FLOAT);
    address += FLOAT * numbers.length;
    return start;
  };
  return trees.map(({ chain, levels }) => {
    let hiddenCount = 0;
    let gateCount = 0;
    const placed = levels.map(({ count, parents, values, nodes }, depth): PlacedLevel => {
      const level = {
        ...{ count, parents: put(parents), rows: put(values), nodes: put(nodes) },
        ...{ firstHidden: hiddenCount, firstGates: gateCount },
      };
      if (depth < levels.length - 1) hiddenCount += count;
      if (depth > 0) gateCount += count;
      return level;
    });
    return { chain, levels: placed, samples: levels[0]!.nodes.length, hiddenCount, gateCount };
  });
}

/** Most rows of a level, or samples, in any tree. */
function mostRows(trees: readonly PlacedTree[]): number {
  return maxOf(trees.flatMap(({ levels, samples }) => [samples, ...levels.map(({ count }) => count)]));
}

interface ForwardInputs {
  /** [rows, H] and [rows, 3H]. */
  readonly start: TensorInfo;
  readonly gates: TensorInfo;
  /** [units, H, 3H] and [units, 1, 3H]. */
  readonly hiddenWeight: TensorInfo;
  readonly hiddenBias: TensorInfo;
}

interface ForwardAttributes {
  readonly trees: readonly ChainTree[];
  readonly keeps: boolean;
}

const chains = wasmKernel<ForwardInputs, ForwardAttributes>("GruChains", (context) => {
  const { backend, exports, inputs: { start, gates, hiddenWeight, hiddenBias }, at } = context;
  const { keeps, ...attributes } = context.attributes;
  const trees = place(context, attributes.trees);
  const width = hiddenWeight.shape[1]!;
  const rowBytes = FLOAT * width;
  const samples = trees.reduce((sum, tree) => sum + tree.samples, 0);
  const output = context.output([samples, width]);
  const keptRows = keeps ? trees.reduce((sum, tree) => sum + tree.hiddenCount + 4 * tree.gateCount, 0) : 0;
  const kept = context.output([keptRows * width]);
  const most = mostRows(trees);
  const product = scratchFor(backend, "chain products", 3 * rowBytes * most);
  const leaves = scratchFor(backend, "chain leaves", rowBytes * most);
  const states = scratchFor(
    backend,
    "chain states",
    rowBytes * Math.max(maxOf(trees.map((tree) => tree.hiddenCount)), 1),
  );
  let hiddenAt = keeps ? at(kept) : states;
  let out = at(output);
  trees.forEach(({ levels, samples, hiddenCount, gateCount }, unit) => {
    const gatesAt = hiddenAt + rowBytes * hiddenCount;
    const last = levels.at(-1)!;
    // The last level's states go straight to the output where each sample has its own.
    const end = last.count === samples ? out : leaves;
    const stateAt = (depth: number) =>
      depth === levels.length - 1 ? end : hiddenAt + rowBytes * levels[depth]!.firstHidden;
    exports.copyRows(at(start), levels[0]!.rows, stateAt(0), levels[0]!.count, width);
    for (let depth = 1; depth < levels.length; depth++) {
      const { rows, parents, count, firstGates } = levels[depth]!;
      const before = stateAt(depth - 1);
      gemm(context, {
        ...{ a: before, b: at(hiddenWeight) + 3 * unit * rowBytes * width, c: product },
        ...{ m: levels[depth - 1]!.count, n: 3 * width, k: width, transposeA: false, transposeB: false },
        bias: at(hiddenBias) + 3 * unit * rowBytes,
      });
      exports.gruCells(
        ...[at(gates), rows, product, before, parents, stateAt(depth)] as const,
        ...[keeps ? gatesAt + 4 * rowBytes * firstGates : 0, count, width] as const,
      );
    }
    if (end !== out) exports.copyRows(end, last.nodes, out, samples, width);
    out += rowBytes * samples;
    if (keeps) hiddenAt = gatesAt + 4 * rowBytes * gateCount;
  });
  return [output, kept];
});

interface GradientInputs {
  /** [samples, H]. */
  readonly dy: TensorInfo;
  /** What the forward pass kept. */
  readonly kept: TensorInfo;
  readonly hiddenWeight: TensorInfo;
  /** All three or none. */
  readonly startSlopes?: TensorInfo;
  readonly hiddenSlopes?: TensorInfo;
  readonly gateSlopes?: TensorInfo;
}

const gradient = wasmKernel<GradientInputs, ChainGradientInput>("GruChainsGradient", (context) => {
  const { inputs, attributes: { rows, oneHotShapes, ...attributes }, at, zeros } = context;
  const trees = place(context, attributes.trees);
  const width = inputs.hiddenWeight.shape[1]!;
  const units = trees.length;
  const outputs = {
    start: zeros([rows.start, width]),
    gates: zeros([rows.gates, 3 * width]),
    weight: zeros([units, width, 3 * width]),
    bias: zeros([units, 1, 3 * width]),
  };
  const oneHots = oneHotShapes.map(zeros);
  const rowBytes = FLOAT * width;
  const pass = {
    ...{ heap: context, width, most: mostRows(trees) },
    slopes: inputs.startSlopes
      ? { start: at(inputs.startSlopes), hidden: at(inputs.hiddenSlopes), gates: at(inputs.gateSlopes) }
      : null,
    ...{ start: at(outputs.start), gates: at(outputs.gates) },
    oneHotOf: variableAddresses(oneHots.map(at), oneHotShapes),
  };
  let dy = at(inputs.dy);
  let kept = at(inputs.kept);
  trees.forEach((tree, unit) => {
    const matrix = 3 * unit * rowBytes;
    chainGradient(pass, tree, {
      ...{ dy, hidden: kept, weight: at(inputs.hiddenWeight) + matrix * width },
      ...{ dWeight: at(outputs.weight) + matrix * width, dBias: at(outputs.bias) + matrix },
    });
    dy += rowBytes * tree.samples;
    kept += rowBytes * (tree.hiddenCount + 4 * tree.gateCount);
  });
  return [...Object.values(outputs), ...oneHots];
});

for (const kernel of [chains, gradient]) tf.registerKernel(kernel);

/** Address of each variable's numbers in the gradients of runs. */
function variableAddresses(starts: readonly number[], shapes: readonly [number, number, number][]): readonly number[] {
  return shapes.flatMap(([count, batch, categories], run) =>
    Array.from({ length: count }, (_, i) => starts[run]! + FLOAT * i * batch * categories)
  );
}

/** What all chains of a backward pass share; numbers are addresses but for sizes. */
interface BackwardPass {
  readonly heap: KernelHeap;
  readonly width: number;
  readonly most: number;
  /** Null where no gradient goes to one-hots. */
  readonly slopes: { readonly start: number; readonly hidden: number; readonly gates: number } | null;
  /** Gradients that chains add to. */
  readonly start: number;
  readonly gates: number;
  readonly oneHotOf: readonly number[];
}

/**
 * Backward through one chain. Without slopes, gradients go from node to parent. With slopes each sample has a gradient
 * of its own, as its way to the one-hots is not that of the samples it shares nodes with; nodes add them up for the
 * weights.
 */
function chainGradient(
  { heap, width, most, slopes, ...out }: BackwardPass,
  { chain, levels, samples, hiddenCount }: PlacedTree,
  at: { dy: number; hidden: number; weight: number; dWeight: number; dBias: number },
): void {
  const { backend, exports } = heap;
  const rowBytes = FLOAT * width;
  const scratch = (purpose: string, rows: number) => scratchFor(backend, purpose, rowBytes * Math.max(rows, 1));
  const gatesAt = at.hidden + rowBytes * hiddenCount;
  // Gradients of the hidden part, all levels after one another like the hidden states, for one product in the end.
  const dHidden = scratch("chain gradients", 3 * hiddenCount);
  const dOfEntries = scratch("chain entries", 3 * most);
  const dInput = scratch("chain inputs", 3 * most);
  const product = scratch("chain products", 3 * most);
  let [direct, spare] = [scratch("chain leaves", most), scratch("chain spare", most)];
  const sumByNode = (source: number, level: PlacedLevel, target: number, columns: number) => {
    clear(backend, target, FLOAT * columns * level.count);
    exports.addRows(source, level.nodes, target, samples, columns);
  };
  const backThroughWeight = (source: number, count: number) =>
    gemm(heap, {
      ...{ a: source, b: at.weight, c: product, m: count, n: width, k: 3 * width },
      ...{ transposeA: false, transposeB: true },
    });
  const addSlopes = (d: number, table: number, options: { depth: number; columns: number }) => {
    const { depth, columns } = options;
    const { variable, categories, row, slopeRow } = depth === 0 ? chain.own : chain.reads[depth - 1]!;
    const { nodes, rows } = levels[depth]!;
    exports.addSlopes(
      ...[d, table + FLOAT * slopeRow! * columns, nodes, rows, row, categories, out.oneHotOf[variable]!] as const,
      ...[samples, columns] as const,
    );
  };

  const last = levels.at(-1)!;
  let dy = at.dy;
  let dy2 = 0;
  if (!slopes && last.count < samples) {
    sumByNode(dy, last, spare, width);
    dy = spare;
    [direct, spare] = [spare, direct];
  }
  for (let depth = levels.length - 1; depth > 0; depth--) {
    const { count, rows, parents, nodes, firstGates } = levels[depth]!;
    const before = levels[depth - 1]!;
    const entries = slopes ? samples : count;
    const addsToParents = !slopes && before.count < entries;
    const own = dHidden + 3 * rowBytes * before.firstHidden;
    const dB = addsToParents || before.count === entries ? own : dOfEntries;
    if (addsToParents) {
      clear(backend, own, 3 * rowBytes * before.count);
      clear(backend, spare, rowBytes * before.count);
    }
    const learns = slopes !== null && chain.reads[depth - 1]!.slopeRow !== null;
    exports.gruCellsGradient(
      ...[dy, dy2, slopes ? nodes : 0, rows, parents, gatesAt + 4 * rowBytes * firstGates] as const,
      ...[at.hidden + rowBytes * before.firstHidden, out.gates, learns ? dInput : 0, dB, spare] as const,
      ...[addsToParents, entries, width] as const,
    );
    if (learns) addSlopes(dInput, slopes.gates, { depth, columns: 3 * width });
    if (dB !== own) sumByNode(dB, before, own, 3 * width);
    [direct, spare] = [spare, direct];
    dy = direct;
    if (depth > 1) {
      backThroughWeight(dB, slopes ? samples : before.count);
      dy2 = product;
    } else {
      if (slopes) addSlopes(dB, slopes.hidden, { depth: 0, columns: 3 * width });
      backThroughWeight(own, before.count);
      exports.addRows(product, before.rows, out.start, before.count, width);
    }
  }
  const first = levels[0]!;
  if (slopes) {
    addSlopes(dy, slopes.start, { depth: 0, columns: width });
    sumByNode(dy, first, spare, width);
    dy = spare;
  }
  exports.addRows(dy, first.rows, out.start, first.count, width);
  if (hiddenCount > 0) {
    gemm(heap, {
      ...{ a: at.hidden, b: dHidden, c: at.dWeight, m: width, n: 3 * width, k: hiddenCount },
      ...{ transposeA: true, transposeB: false },
    });
    exports.sumMiddle(dHidden, at.dBias, 1, hiddenCount, 3 * width);
  }
}
