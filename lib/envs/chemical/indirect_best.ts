import { maxOf } from "../../core/extremes.ts";
import { type ChemicalDynamics, nodeProbabilities } from "./dynamics.ts";
import { targetFrom } from "./indirect_episodes.ts";
import type { IndirectNodes } from "./indirect_nodes.ts";

/**
 * The largest expected return of a test episode of the indirect task, over all policies that know the true dynamics and
 * see every colour: dynamic programming over the colours of lever and scored nodes. Exact for every size, because in the
 * local context nothing else has an effect on them.
 *
 * @returns Mean over starts and targets as test episodes draw them.
 */
export function bestIndirectReturn(
  dynamics: ChemicalDynamics,
  options: { readonly nodes: IndirectNodes; readonly episodeLength: number },
): number {
  return meanOverTargets(dynamics, { ...options, choose: maxOf });
}

/**
 * The expected return of turning the lever at random, and so that of anyone who does not know what it does.
 *
 * @returns As {@link bestIndirectReturn}.
 */
export function blindIndirectReturn(
  dynamics: ChemicalDynamics,
  options: { readonly nodes: IndirectNodes; readonly episodeLength: number },
): number {
  const choose = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return meanOverTargets(dynamics, { ...options, choose });
}

interface Problem {
  readonly nodes: IndirectNodes;
  readonly episodeLength: number;
  /** The value of a state from the values of the lever's next colours. */
  readonly choose: (values: readonly number[]) => number;
}

function meanOverTargets(dynamics: ChemicalDynamics, problem: Problem): number {
  const { variables, colors: colorCount } = dynamics.bank.sizes;
  const { lever, scored } = problem.nodes;
  // Only the scored nodes' own mechanisms and the lever have a say; the root of a test episode has colour 0.
  const colors = new Float32Array(variables);
  const outcomes = outcomesOf(dynamics, { lever, scored });
  let sum = 0;
  for (let leverColor = 0; leverColor < colorCount; leverColor++) {
    const target = targetFrom(dynamics, { colors, nodes: problem.nodes, context: 1, leverColor });
    const wanted = scored.map((node) => target[node]!);
    sum += meanValue({ ...problem, outcomes, wanted, colorCount });
  }
  return sum / colorCount;
}

/** One way that the scored nodes' colours may come out. */
interface Outcome {
  readonly probability: number;
  readonly colors: readonly number[];
}

/** Outcomes of the scored nodes for each state: lever's colour first, then theirs, the last one changing fastest. */
function outcomesOf(dynamics: ChemicalDynamics, { lever, scored }: IndirectNodes): readonly (readonly Outcome[])[] {
  const { variables, colors: colorCount } = dynamics.bank.sizes;
  const free = [lever, ...scored];
  return Array.from({ length: colorCount ** free.length }, (_, state) => {
    const colors = new Float32Array(variables);
    digitsOf(state, { base: colorCount, count: free.length }).forEach((color, k) => colors[free[k]!] = color);
    return scored.reduce<readonly Outcome[]>((before, node) => {
      const probabilities = [...nodeProbabilities(dynamics, { node, context: 1, colors })];
      return before.flatMap((outcome) =>
        probabilities.map((p, color) => ({
          probability: outcome.probability * p,
          colors: [...outcome.colors, color],
        }))
      );
    }, [{ probability: 1, colors: [] }]);
  });
}

/** Mean over all states of the value that an episode from there has. */
function meanValue(
  { outcomes, wanted, colorCount, episodeLength, choose }: Problem & {
    readonly outcomes: readonly (readonly Outcome[])[];
    readonly wanted: readonly number[];
    readonly colorCount: number;
  },
): number {
  const states = outcomes.length;
  const perLever = states / colorCount;
  let values = new Float64Array(states);
  for (let step = 0; step < episodeLength; step++) {
    const later = values;
    values = Float64Array.from(outcomes, (possible) => {
      const ofLever = new Array<number>(colorCount).fill(0);
      for (const { probability, colors } of possible) {
        const reached = colors.filter((color, k) => color === wanted[k]).length / wanted.length;
        const place = colors.reduce((sum, color) => sum * colorCount + color, 0);
        for (let next = 0; next < colorCount; next++) {
          ofLever[next]! += probability * (reached + later[next * perLever + place]!);
        }
      }
      return choose(ofLever);
    });
  }
  return values.reduce((sum, value) => sum + value, 0) / states;
}

/** Digits of a number, the first one highest. */
function digitsOf(value: number, { base, count }: { readonly base: number; readonly count: number }): number[] {
  return Array.from({ length: count }, (_, k) => Math.floor(value / base ** (count - 1 - k)) % base);
}
