import * as tf from "@tensorflow/tfjs";
import {
  type ChainJacobian,
  type ChainSource,
  groupedLinear,
  type GruChain,
  type GruChainsInput,
} from "../../../tensor/mod.ts";
import type { GraderNetwork } from "../../grader/grader_network.ts";
import type { ModelGroups } from "../../variable_groups.ts";

/** What units read where all variables are exact one-hots: embeddings and gates in each category. */
export interface ChainTables extends Omit<GruChainsInput, "categories"> {
  /** For gradients straight through one-hots; null where none are wanted. */
  readonly jacobian: ChainJacobian | null;
}

/** A variable's rows in tables of all variables. */
interface Block {
  readonly categories: number;
  readonly row: number;
  /** Null for action variables. */
  readonly jacobianRow: number | null;
}

/**
 * Makes the tables; on the tape of an update, as gradients reach the weights through them.
 *
 * @param options.learnsInput Whether Jacobians are wanted.
 * @returns Tensors in the caller's tidy scope, weights apart.
 */
export function chainTables(network: GraderNetwork, { learnsInput }: { readonly learnsInput: boolean }): ChainTables {
  const { embeddings, units } = network;
  const parents = network.graph.parents();
  const blocks = blocksOf(network.groups);
  const start = tf.concat(embeddings.map(({ weight, bias }) => rowsOf(weight.add(bias!).relu())), 0);
  const gates = gatesOf(start, { weight: units.inputWeight, bias: units.inputBias }, {
    rows: parents.map((reads) => reads.flatMap((i) => range(blocks[i]!.row, blocks[i]!.categories))),
  });
  return {
    chains: chainsOf(blocks, parents),
    start,
    gates,
    hiddenWeight: units.hiddenWeight,
    hiddenBias: units.hiddenBias,
    jacobian: learnsInput ? jacobianOf(network, { parents, blocks }) : null,
  };
}

function blocksOf({ state, action, stateCount }: ModelGroups): readonly Block[] {
  const widths = [...state, ...action].flatMap(({ count, width }) => new Array<number>(count).fill(width));
  let row = 0;
  let jacobianRow = 0;
  return widths.map((categories, i) => {
    const block = { categories, row, jacobianRow: i < stateCount ? jacobianRow : null };
    row += categories;
    jacobianRow += categories ** 2;
    return block;
  });
}

/** Each unit's chain; its gates' rows follow those of the units before it. */
function chainsOf(blocks: readonly Block[], parents: readonly (readonly number[])[]): readonly GruChain[] {
  let row = 0;
  let jacobianRow = 0;
  return parents.map((reads, unit): GruChain => ({
    own: { variable: unit, ...blocks[unit]! },
    reads: reads.map((variable): ChainSource => {
      const { categories, jacobianRow: ownJacobian } = blocks[variable]!;
      const source = { variable, categories, row, jacobianRow: ownJacobian === null ? null : jacobianRow };
      row += categories;
      if (ownJacobian !== null) jacobianRow += categories ** 2;
      return source;
    }),
  }));
}

/** The derivative of `relu(x V + v)` by x in each category, and its products with the units' weights. */
function jacobianOf(
  { embeddings, units, groups }: GraderNetwork,
  { parents, blocks }: { readonly parents: readonly (readonly number[])[]; readonly blocks: readonly Block[] },
): ChainJacobian {
  const start = tf.concat(
    embeddings.slice(0, groups.state.length).map(({ weight, bias }) => {
      const isActive = weight.add(bias!).greater(0).cast("float32");
      return rowsOf(isActive.expandDims(2).mul(weight.expandDims(1)));
    }),
    0,
  );
  const jacobianRows = (i: number) => {
    const { jacobianRow, categories } = blocks[i]!;
    return jacobianRow === null ? [] : range(jacobianRow, categories ** 2);
  };
  return {
    start,
    hidden: gatesOf(start, { weight: units.hiddenWeight, bias: null }, {
      rows: parents.map((_, unit) => jacobianRows(unit)),
    }),
    gates: gatesOf(start, { weight: units.inputWeight, bias: null }, {
      rows: parents.map((reads) => reads.flatMap(jacobianRows)),
    }),
  };
}

/** Products of each unit's rows with its own weights [N, H, 3H], units in order. */
function gatesOf(
  table: tf.Tensor2D,
  layer: { readonly weight: tf.Tensor3D; readonly bias: tf.Tensor3D | null },
  { rows }: { readonly rows: readonly (readonly number[])[] },
): tf.Tensor2D {
  const chosen = tf.gather(table, tf.tensor1d(rows.flat(), "int32"));
  return groupedLinear(chosen, layer, { counts: rows.map(({ length }) => length) });
}

/** All but the last axis as rows. */
function rowsOf(tensor: tf.Tensor): tf.Tensor2D {
  return tensor.reshape([-1, tensor.shape.at(-1)!]);
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}
