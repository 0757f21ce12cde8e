import { maxOf } from "../../../core/extremes.ts";
import { type Address, after } from "../../kernels/address.ts";
import { integersAt, type KernelHeap, scratchFor } from "../../kernels/heap.ts";
import type { ChainTree } from "./chain_trees.ts";
import type { GruChain } from "./contract.ts";

/** A level whose indices lie in the kernels' memory. */
export interface PlacedLevel {
  readonly count: number;
  readonly parents: Address;
  readonly rows: Address;
  readonly nodes: Address;
  /** Where its numbers stand among those kept: rows of hidden states before it, and of gates. */
  readonly firstHidden: number;
  readonly firstGates: number;
}

/** A tree whose indices lie in the kernels' memory. */
export interface PlacedTree {
  readonly chain: GruChain;
  readonly levels: readonly PlacedLevel[];
  readonly samples: number;
  /** Nodes at all levels but the last, and but the first. */
  readonly hiddenCount: number;
  readonly gateCount: number;
}

/** Copies the trees' indices into memory. */
export function place({ backend }: KernelHeap, trees: readonly ChainTree[]): readonly PlacedTree[] {
  const levels = trees.flatMap((tree) => tree.levels);
  const size = levels.reduce((sum, { count, nodes }) => sum + 2 * count + nodes.length, 0);
  let address = scratchFor(backend, "chain indices", Math.max(size, 1));
  const put = (numbers: Int32Array): Address => {
    const start = address;
    integersAt(backend, start, numbers.length).set(numbers);
    address = after(address, numbers.length);
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
export function mostRows(trees: readonly PlacedTree[]): number {
  return maxOf(trees.flatMap(({ levels, samples }) => [samples, ...levels.map(({ count }) => count)]));
}
