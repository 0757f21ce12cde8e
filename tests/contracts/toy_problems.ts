import { append } from "../../lib/core/append.ts";
import { localGraphRule } from "../../lib/core/local_graph_rule.ts";
import { Rng } from "../../lib/core/rng.ts";
import { type Variable, widthOf } from "../../lib/core/variable.ts";
import type { ModelContext, TrainingData, WindowBatch } from "../../lib/model/dynamics_model.ts";
import { windowBatch } from "../../lib/training/model_host.ts";

/** A small deterministic world that every method should learn something of. */
export interface ToyProblem {
  readonly name: string;
  readonly context: ModelContext;
  /** B windows of T steps from random starts under random actions; the caller disposes the tensors. */
  batch(size: number, options: { steps: number; rng: Rng }): WindowBatch;
  /** Transitions from random starts, as training data gives them. */
  transitions(rng: Rng): ReturnType<TrainingData["transitions"]>;
}

interface World {
  readonly name: string;
  readonly stateVariables: readonly Variable[];
  readonly actionVariables: readonly Variable[];
  /** Parents of each state variable: names of state and action variables. */
  readonly parents: readonly (readonly string[])[];
  /** Columns of graphs whose variables decide on the local graph, and what of it they take away. */
  readonly local: { readonly reads: readonly number[]; lost(values: readonly number[]): readonly [string, string][] };
  next(state: readonly number[], action: readonly number[]): number[];
}

const categorical = (name: string, categories: number): Variable => ({ kind: "categorical", name, categories });
const continuous = (name: string): Variable => ({ kind: "continuous", name, low: -1, high: 1 });

/** Four variables of three values and one action of six. */
const categoricalWorld: World = {
  name: "categorical variables",
  stateVariables: ["x0", "x1", "x2", "x3"].map((name) => categorical(name, 3)),
  actionVariables: [categorical("action", 6)],
  parents: [["action"], ["x0", "x1"], ["x0", "x2", "action"], ["x2"]],
  local: { reads: [4], lost: ([action = 0]) => [["x2", action >= 3 ? "x0" : "x2"]] },
  next([x0, x1, x2] = [], [action] = []) {
    return [action! % 3, (x0! + x1!) % 3, action! >= 3 ? x2! : x0!, x2!];
  },
};

/** Categorical and continuous variables in turn, and three continuous actions. */
const mixedWorld: World = {
  name: "mixed variables",
  stateVariables: [
    categorical("c0", 3),
    continuous("p0"),
    categorical("c1", 2),
    continuous("p1"),
    continuous("p2"),
  ],
  actionVariables: ["a0", "a1", "a2"].map(continuous),
  parents: [["c0", "a0"], ["p0", "a1"], ["a2"], ["c1", "p1", "a0"], ["p0", "p2"]],
  local: { reads: [2], lost: ([c1]) => [["p1", c1 === 1 ? "a0" : "p1"]] },
  next([c0, p0, c1, p1, p2] = [], [a0, a1, a2] = []) {
    return [
      a0! > 0 ? (c0! + 1) % 3 : c0!,
      0.5 * p0! + 0.4 * a1!,
      a2! > 0 ? 1 : 0,
      c1! === 1 ? 0.8 * p1! : 0.5 * a0!,
      0.6 * p2! + 0.3 * p0!,
    ];
  },
};

/** All toy problems. */
export const toyProblems: readonly ToyProblem[] = [categoricalWorld, mixedWorld].map(toyProblem);

function toyProblem(world: World): ToyProblem {
  const { stateVariables, actionVariables } = world;
  const names = [...stateVariables, ...actionVariables].map(({ name }) => name);
  const graph = Uint8Array.from(world.parents.flatMap((own) => names.map((name) => own.includes(name) ? 1 : 0)));
  const rule = localGraphRule({
    reads: world.local.reads,
    categories: world.local.reads.map((column) => widthOf([...stateVariables, ...actionVariables][column]!)),
    graphAt: (values) => {
      const local = graph.slice();
      for (const [child, parent] of world.local.lost(values)) {
        local[names.indexOf(child) * names.length + names.indexOf(parent)] = 0;
      }
      return local;
    },
  });
  const batch: ToyProblem["batch"] = (size, { steps, rng }) => windowBatch(draw(world, { size, steps, rng }), world);
  return {
    name: world.name,
    context: { stateVariables, actionVariables, globalGraph: () => graph.slice(), localGraphRule: () => rule },
    batch,
    transitions: (rng) => draw(world, { size: 512, steps: 1, rng }),
  };
}

/** values [B, N], actions [B, T, M] and nextValues [B, T, N], row-major. */
function draw(world: World, { size, steps, rng }: { size: number; steps: number; rng: Rng }) {
  const { stateVariables, actionVariables } = world;
  const random = (variable: Variable) =>
    variable.kind === "categorical" ? rng.integer(variable.categories) : 2 * rng.uniform() - 1;
  const values: number[] = [];
  const actions: number[] = [];
  const nextValues: number[] = [];
  for (let row = 0; row < size; row++) {
    let state = stateVariables.map(random);
    append(values, state);
    for (let t = 0; t < steps; t++) {
      const action = actionVariables.map(random);
      state = world.next(state, action);
      append(actions, action);
      append(nextValues, state);
    }
  }
  return {
    values: Float32Array.from(values),
    actions: Float32Array.from(actions),
    nextValues: Float32Array.from(nextValues),
  };
}
