import { maxOf } from "../../core/extremes.ts";
import type { Transitions } from "../environment.ts";
import { type ChemicalDynamics, contextOf, nodeProbabilities } from "./dynamics.ts";

/** Largest number of outcomes of one step that are enumerated. */
const MOST_OUTCOMES = 1e6;

/**
 * The true distribution of each node's colour after a step, by enumerating all outcomes of the resampled nodes, in
 * order; c^r of them for r resampled nodes.
 *
 * @param options.colors Colours before the step, [N]; not modified.
 * @param options.action Sets node action div c to colour action mod c.
 * @returns Probabilities, row-major [N, c].
 * @throws {RangeError} If there are more outcomes than can be enumerated.
 */
export function nextColorProbabilities(
  dynamics: ChemicalDynamics,
  options: { readonly colors: ArrayLike<number>; readonly action: number },
): Float64Array {
  const { variables: count, colors: colorCount } = dynamics.bank.sizes;
  const colors = Float64Array.from(options.colors);
  const set = Math.floor(options.action / colorCount);
  colors[set] = options.action % colorCount;
  const context = contextOf(dynamics.rule, colors[0]!);
  const resampled = dynamics.resampled[context][set]!;
  if (colorCount ** resampled.length > MOST_OUTCOMES) {
    throw new RangeError(
      `Cannot enumerate a step's outcomes: there are too many, expected at most ${MOST_OUTCOMES}, ` +
        `got ${colorCount}^${resampled.length}`,
    );
  }
  const total = new Float64Array(count * colorCount);
  for (let node = 0; node < count; node++) {
    if (!resampled.includes(node)) total[node * colorCount + colors[node]!] = 1;
  }
  // Each call fixes one more node: its colours' shares of `chance` are added before the later nodes are enumerated.
  const enumerate = (k: number, chance: number) => {
    if (k === resampled.length) return;
    const node = resampled[k]!;
    const probabilities = nodeProbabilities(dynamics, { node, context, colors }).slice();
    for (let color = 0; color < colorCount; color++) {
      const share = chance * probabilities[color]!;
      total[node * colorCount + color]! += share;
      colors[node] = color;
      enumerate(k + 1, share);
    }
  };
  enumerate(0, 1);
  return total;
}

/**
 * The best expected one-step accuracy that any model can have on some transitions: that of always predicting each
 * node's most likely colour. It depends on states and actions, not on the colours that were drawn, so a model's accuracy
 * on few transitions may lie above it by luck.
 *
 * @returns Mean over transitions and nodes, in [0, 1]; NaN without transitions.
 */
export function bestAccuracy(
  dynamics: ChemicalDynamics,
  { values, actions }: Pick<Transitions, "values" | "actions">,
): number {
  const { variables: count, colors: colorCount } = dynamics.bank.sizes;
  const known = new Map<string, number>();
  let sum = 0;
  for (let row = 0; row < actions.length; row++) {
    const colors = values.subarray(row * count, (row + 1) * count);
    const key = `${colors.join()} ${actions[row]}`;
    const found = known.get(key) ?? meanLargest(
      nextColorProbabilities(dynamics, { colors, action: actions[row]! }),
      colorCount,
    );
    known.set(key, found);
    sum += found;
  }
  return sum / actions.length;
}

/** Mean over rows of the largest entry of each row of `columns`. */
function meanLargest(matrix: Float64Array, columns: number): number {
  let sum = 0;
  for (let start = 0; start < matrix.length; start += columns) {
    sum += maxOf(matrix.subarray(start, start + columns));
  }
  return sum / (matrix.length / columns);
}
