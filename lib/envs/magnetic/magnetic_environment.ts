import { unknownName } from "../../core/errors.ts";
import { localGraphRule } from "../../core/local_graph_rule.ts";
import type { Environment, EnvironmentState, StepResult, Transitions } from "../environment.ts";
import type { MagneticConfig } from "./magnetic_config.ts";
import { armJoints, type MagneticPhysics, type SceneState } from "./physics.ts";
import { resetScene } from "./resets.ts";
import { magneticScene } from "./scene.ts";
import { magneticSplits } from "./splits.ts";
import { globalGraph, nonMagneticGraph } from "./true_graphs.ts";
import {
  actionCount,
  at,
  hiddenCount,
  isMagnetic,
  magneticActions,
  magneticVariables,
  red,
  stateCount,
} from "./variables.ts";

/** Index of a context's name. */
const context = { magnetic: 0, nonMagnetic: 1 } as const;

/**
 * Magnetic as an environment: a robot arm over a table, a ball and a box, each red or black. If both are red the box
 * pulls the ball. The reward is `1 - tanh(5·distance)`, with the L1 distance of the end effector to the ball's x and y
 * at the table's top; success is a distance below 0.05 m. There is no goal besides the ball, so it has width 0. The
 * hidden numbers are the arm's joint angles and rates and the ball's velocity. Steps draw no chance.
 *
 * @param physics The engine; freed by the environment's `dispose`.
 * @see Hwang et al. 2024, section 5.1 and appendix; our choices are in `magnetic_config.ts`.
 */
export function magneticEnvironment(physics: MagneticPhysics, config: MagneticConfig): Environment {
  const splits = magneticSplits(config);
  const graphs = [globalGraph(), nonMagneticGraph()];
  const find = (id: string) => {
    const found = splits.find(({ split }) => split.id === id);
    if (found === undefined) throw unknownName("split", { name: id, choices: splits.map(({ split }) => split.id) });
    return found;
  };
  const contexts = ({ values }: Transitions) =>
    Uint8Array.from(
      { length: values.length / stateCount },
      (_, row) => isMagnetic(values, row) ? context.magnetic : context.nonMagnetic,
    );
  const distances = (values: Float32Array) =>
    Float64Array.from({ length: values.length / stateCount }, (_, row) => distanceToBall(values, { row, config }));
  const reward = (nextValues: Float32Array) =>
    Float32Array.from(distances(nextValues), (distance) => 1 - Math.tanh(config.task.sharpness * distance));

  return {
    spec: {
      id: "magnetic",
      stateVariables: magneticVariables(config),
      actionVariables: magneticActions(),
      episodeLength: config.task.episodeLength,
      goalWidth: 0,
      hiddenWidth: hiddenCount,
      splits: splits.map(({ split }) => split),
      contextNames: ["magnetic", "non-magnetic"],
    },

    reset(split, { count, rng }): EnvironmentState {
      const { start } = find(split);
      const values = new Float32Array(count * stateCount);
      const hidden = new Float32Array(count * hiddenCount);
      for (let row = 0; row < count; row++) resetScene(rowOf({ values, hidden }, row), { config, start, rng });
      return { values, goal: new Float32Array(0), hidden };
    },

    step(state, { actions }): StepResult {
      const values = state.values.slice();
      const hidden = state.hidden.slice();
      for (let row = 0; row < values.length / stateCount; row++) {
        const scene = rowOf({ values, hidden }, row);
        const action = actions.subarray(row * actionCount, (row + 1) * actionCount);
        checkAction(action);
        stepScene(physics, { ...scene, action, isPulled: isMagnetic(values, row) });
      }
      const success = Uint8Array.from(
        distances(values),
        (distance) => distance < config.task.successDistance ? 1 : 0,
      );
      return { state: { values, goal: state.goal, hidden }, reward: reward(values), success };
    },

    reward,

    localGraphs(transitions): Uint8Array {
      const chosen = contexts(transitions);
      const size = stateCount * (stateCount + actionCount);
      const out = new Uint8Array(chosen.length * size);
      chosen.forEach((index, row) => out.set(graphs[index]!, row * size));
      return out;
    },

    localGraphRule: () =>
      localGraphRule({
        reads: [at.ballColor, at.boxColor],
        categories: [2, 2],
        graphAt: ([ball, box]) => graphs[ball === red && box === red ? context.magnetic : context.nonMagnetic]!,
      }),

    globalGraph,

    contexts,

    isEvaluated(id, transitions): Uint8Array {
      const { start } = find(id);
      // Both red and the box moved: the truth would be another one, and no stored transition shows it.
      if (start.colors === "both red") return new Uint8Array(transitions.values.length / stateCount);
      return contexts(transitions).map((index) => start.colors === "any" || index === context.nonMagnetic ? 1 : 0);
    },

    scene: magneticScene(config),

    dispose: () => physics.dispose(),
  };
}

/** L1 distance of the end effector from the ball's x and y at the table's top, in m. */
function distanceToBall(
  values: Float32Array,
  { row, config }: { readonly row: number; readonly config: MagneticConfig },
): number {
  const value = (index: number) => values[row * stateCount + index]!;
  return Math.abs(value(at.handX) - value(at.ballX)) + Math.abs(value(at.handY) - value(at.ballY)) +
    Math.abs(value(at.handZ) - config.table.top);
}

/** One scene's step; overwrites its row of values and hidden numbers. */
function stepScene(
  physics: MagneticPhysics,
  { values, hidden, action, isPulled }: {
    readonly values: Float32Array;
    readonly hidden: Float32Array;
    readonly action: Float32Array;
    readonly isPulled: boolean;
  },
): void {
  const scene: SceneState = {
    positions: Float64Array.of(...hidden.subarray(0, armJoints), values[at.ballX]!, values[at.ballY]!),
    velocities: Float64Array.from(hidden.subarray(armJoints)),
  };
  const endEffector = physics.step(scene, { action, box: values.subarray(at.boxX, at.boxY + 1), isPulled });
  values[at.ballX] = scene.positions[armJoints]!;
  values[at.ballY] = scene.positions[armJoints + 1]!;
  values.set(endEffector, at.handX);
  hidden.set(scene.positions.subarray(0, armJoints));
  hidden.set(scene.velocities, armJoints);
}

function rowOf(
  { values, hidden }: { readonly values: Float32Array; readonly hidden: Float32Array },
  row: number,
): { readonly values: Float32Array; readonly hidden: Float32Array } {
  return {
    values: values.subarray(row * stateCount, (row + 1) * stateCount),
    hidden: hidden.subarray(row * hiddenCount, (row + 1) * hiddenCount),
  };
}

function checkAction(action: Float32Array): void {
  if (action.length === actionCount && action.every(Number.isFinite)) return;
  throw new RangeError(
    `Cannot act: not an action, expected ${actionCount} finite numbers from -1 to 1, got ${[...action].join(", ")}`,
  );
}
