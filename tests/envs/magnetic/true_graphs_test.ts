import assert from "node:assert/strict";
import { Rng } from "../../../lib/core/rng.ts";
import type { Environment, EnvironmentState } from "../../../lib/envs/environment.ts";
import { anglesAt, placeArm } from "../../../lib/envs/magnetic/resets.ts";
import { globalGraph, nonMagneticGraph } from "../../../lib/envs/magnetic/true_graphs.ts";
import { actionCount, at, black, hiddenCount, red, stateCount } from "../../../lib/envs/magnetic/variables.ts";
import { config, episodesOf, magneticTest, randomActions, withValues } from "./magnetic_fixtures.ts";

const columns = stateCount + actionCount;
/** An intervention that moves the next value of a variable by more than this, in m, makes an edge. */
const smallestEffect = 1.5e-3;

/** Names of the edges of a graph, such as `ballX<-boxX`; actions are `action0` to `action2`. */
function edgesOf(graph: Uint8Array): string[] {
  const names = Object.keys(at).concat(["action0", "action1", "action2"]);
  return [...graph.entries()].filter(([, edge]) => edge === 1)
    .map(([index]) => `${names[Math.floor(index / columns)]}<-${names[index % columns]}`).sort();
}

/**
 * The graph that interventions show: each column in turn gets two other values, all else kept, and the rows whose next
 * value changes by more than the smallest effect get an edge.
 *
 * @param options.isMagnetic Keeps to this context, if given: values of a colour that leave it are not tried.
 */
function measuredGraph(
  environment: Environment,
  options: { readonly state: EnvironmentState; readonly isMagnetic?: boolean; readonly rng: Rng },
): Uint8Array {
  const { state, isMagnetic, rng } = options;
  const graph = new Uint8Array(stateCount * columns);
  const actions = randomActions(state, rng);
  const next = (from: EnvironmentState, taken = actions) =>
    environment.step(from, { actions: taken, rng }).state.values;
  const before = next(state);
  const mark = (column: number, after: Float32Array, included: (row: number) => boolean) => {
    after.forEach((value, index) => {
      const row = Math.floor(index / stateCount);
      if (!included(row) || Math.abs(value - before[index]!) <= smallestEffect) return;
      graph[(index % stateCount) * columns + column] = 1;
    });
  };
  const isRed = (from: EnvironmentState, row: number) =>
    from.values[row * stateCount + at.ballColor] === red && from.values[row * stateCount + at.boxColor] === red;
  const names = Object.keys(at) as (keyof typeof at)[];
  for (const name of names) {
    const trials = at[name] <= at.boxColor ? [black, red] : [-0.12, 0.17];
    for (const trial of trials) {
      const changed = at[name] < at.handX
        ? withValues(state, { [name]: trial })
        : withHand(state, { axis: at[name] - at.handX, value: name === "handZ" ? 0.94 + trial / 2 : trial });
      mark(at[name], next(changed), (row) => isMagnetic === undefined || isRed(changed, row) === isMagnetic);
    }
  }
  for (let axis = 0; axis < actionCount; axis++) {
    for (const trial of [-0.9, 0.8]) {
      const taken = actions.map((action, index) => index % actionCount === axis ? trial : action);
      mark(stateCount + axis, next(state, taken), () => true);
    }
  }
  return graph;
}

/** A copy with the end effector of every instance elsewhere along one axis, at rest. */
function withHand(
  state: EnvironmentState,
  { axis, value }: { readonly axis: number; readonly value: number },
): EnvironmentState {
  const moved = structuredClone(state);
  for (let row = 0; row < episodesOf(state); row++) {
    const values = moved.values.subarray(row * stateCount, (row + 1) * stateCount);
    const hidden = moved.hidden.subarray(row * hiddenCount, (row + 1) * hiddenCount);
    const point = [...values.subarray(at.handX, at.handZ + 1)];
    point[axis] = value;
    placeArm({ values, hidden }, { angles: anglesAt(point, config), config });
  }
  return moved;
}

/** States of a walk, so that the arm is not at rest, with the given colours. */
function walked(environment: Environment, rng: Rng): EnvironmentState {
  let state = environment.reset("train", { count: 8, rng });
  for (let step = 0; step < 4; step++) {
    state = environment.step(state, { actions: randomActions(state, rng), rng }).state;
  }
  return state;
}

magneticTest("interventions on steps with both red show the global graph", (environment) => {
  const rng = new Rng(11);
  const state = withValues(walked(environment, rng), { ballColor: red, boxColor: red });
  assert.deepEqual(edgesOf(measuredGraph(environment, { state, rng })), edgesOf(globalGraph()));
});

magneticTest("interventions within the other context show its graph, but for edges the paper keeps", (environment) => {
  const rng = new Rng(12);
  const measured = new Uint8Array(stateCount * columns);
  for (const [ballColor, boxColor] of [[black, black], [black, red], [red, black]] as const) {
    const state = withValues(walked(environment, rng), { ballColor, boxColor });
    measuredGraph(environment, { state, isMagnetic: false, rng }).forEach((edge, index) => measured[index]! |= edge);
  }
  // Without a pull these four have no effect; the paper counts only the box's six as gone.
  const kept = ["ballX<-ballColor", "ballY<-ballColor", "ballX<-ballY", "ballY<-ballX"];
  assert.deepEqual([...edgesOf(measured), ...kept].sort(), edgesOf(nonMagneticGraph()));
});

Deno.test("the non-magnetic graph is the global graph less the box's 6 edges", () => {
  const gone = edgesOf(globalGraph()).filter((edge) => !edgesOf(nonMagneticGraph()).includes(edge));
  assert.deepEqual(gone, [
    "ballX<-boxColor",
    "ballX<-boxX",
    "ballX<-boxY",
    "ballY<-boxColor",
    "ballY<-boxX",
    "ballY<-boxY",
  ]);
  assert.equal(edgesOf(globalGraph()).length, 22);
});

magneticTest("localGraphs follows the colours", (environment) => {
  const state = environment.reset("train", { count: 20, rng: new Rng(13) });
  const transitions = { values: state.values, actions: new Float32Array(60), nextValues: state.values };
  const graphs = environment.localGraphs(transitions);
  const size = stateCount * columns;
  environment.contexts(transitions).forEach((context, row) => {
    const expected = environment.spec.contextNames[context] === "magnetic" ? globalGraph() : nonMagneticGraph();
    assert.deepEqual(graphs.slice(row * size, (row + 1) * size), expected);
  });
});
