import type { ChainSamples, GruChain, GruChainsInput } from "./contract.ts";
import { type PrefixLevel, prefixTree } from "./prefix_tree.ts";

/** A unit's chain, and its samples by the rows that they take: a level a row, the one it starts from first. */
export interface ChainTree {
  readonly chain: GruChain;
  readonly levels: readonly PrefixLevel[];
}

/** Samples of each unit, all of them unless given, as trees of what it reads. */
export function treesOf(
  { chains, categories }: Pick<GruChainsInput, "chains" | "categories">,
  samples: ChainSamples | null,
): readonly ChainTree[] {
  const batch = categories.shape[1];
  const values = categories.dataSync<"int32">();
  const chosen = samples?.rows.dataSync<"int32">() ?? null;
  let first = 0;
  return chains.map((chain, unit) => {
    const count = samples ? samples.counts[unit]! : batch;
    const columns = [chain.own, ...chain.reads].map(({ variable, row }) => {
      const column = new Int32Array(count);
      const from = variable * batch - (chosen ? unit * batch : 0);
      for (let s = 0; s < count; s++) column[s] = row + values[from + (chosen ? chosen[first + s]! : s)]!;
      return column;
    });
    first += count;
    return { chain, levels: prefixTree(columns) };
  });
}
