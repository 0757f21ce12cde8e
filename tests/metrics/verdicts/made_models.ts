import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../../lib/core/rng.ts";
import { create, parseOptions } from "../../../lib/envs/chemical/chemical.ts";
import type { CodebookModel, DynamicsModel, GraphModel, ModelInput } from "../../../lib/model/dynamics_model.ts";
import type { MetricRow } from "../../../lib/store/store.ts";
import { useBackend } from "../../../lib/tensor/mod.ts";
import { Collector } from "../../../lib/training/collector.ts";
import { evaluate } from "../../../lib/training/evaluation/evaluator.ts";
import { ReplayBuffer } from "../../../lib/training/replay_buffer.ts";

// Models that have learned exactly what a test says, on Chemical (fork, 5 nodes, 3 colours, nodes 1 and 2 shifted), put
// through the whole evaluation.

await useBackend("cpu");

const nodes = 5;
const colors = 3;
const options = parseOptions({ rule: "fork", variables: nodes, colors, noisyNodes: [2] });
const environment = await create({ ...options }, 1);

/** What a model may look at to choose a sample's code: the colours that it sees, the raw one-hots, and the action. */
export interface Seen {
  readonly seenColors: readonly number[];
  /** Row of the encoded observation, node after node. */
  readonly encoded: Float32Array;
  /** Index of the action: node times colours plus colour. */
  readonly action: number;
}

/** Edges to a node from earlier nodes, by row and column below the diagonal. */
export type LearnedEdges = (row: number, column: number) => boolean;

/** All ten learnable edges, the graph of the global context. */
export const everyEdge: LearnedEdges = () => true;
/** The four learnable edges of fork's local context. */
export const forkEdges: LearnedEdges = (_, column) => column === 0;
/** Six edges, neither too many in the local context nor too few for steps. */
export const someEdges: LearnedEdges = (row, column) => column === 0 || (column === 1 && row < 4);

/** A graph [N, N + 1] with self and action edges and the learned ones. */
export function graphOf(edges: LearnedEdges): number[] {
  return Array.from({ length: nodes }, (_, row) =>
    Array.from(
      { length: nodes + 1 },
      (_, column) => column === row || column === nodes || (column < row && edges(row, column)) ? 1 : 0,
    )).flat();
}

/** The true context: 1, local, where the root has colour 0 after the action. */
export function trueContext({ seenColors, action }: Seen): number {
  const root = action < colors ? action : seenColors[0]!;
  return root === 0 ? 1 : 0;
}

/** A model whose code is what `code` says, one graph a code. */
export function codebookModel(
  code: (seen: Seen) => number,
  graphs: readonly (readonly number[])[],
): CodebookModel {
  const codes = (input: ModelInput) => tf.tensor1d(rowsOf(input).map(code), "int32");
  const codeGraphs = () => tf.tensor3d(graphs.flat(), [graphs.length, nodes, nodes + 1]);
  return {
    ...plainModel(),
    codeCount: graphs.length,
    codes,
    codeGraphs,
    localGraph: (input) => tf.tidy(() => tf.gather(codeGraphs(), codes(input))),
  };
}

/** A model without a codebook whose samples have the graphs that `graph` says. */
export function sampleGraphModel(graph: (seen: Seen) => readonly number[]): GraphModel {
  return {
    ...plainModel(),
    localGraph: (input) => {
      const rows = rowsOf(input);
      return tf.tensor3d(rows.flatMap((row) => [...graph(row)]), [rows.length, nodes, nodes + 1]);
    },
  };
}

/** A model without graphs, which predicts that nothing changes. */
export function plainModel(): DynamicsModel {
  return {
    parameterCount: 0,
    update: () => {
      throw new Error("not trained here");
    },
    predict: (observations) => {
      assert.ok("values" in observations);
      return observations.values.slice();
    },
    evaluate: ({ observation, actions }) => {
      const [rows, steps] = actions.shape;
      return {
        logProb: tf.zeros([rows, steps, nodes]),
        prediction: tf.tile(observation.expandDims(1) as tf.Tensor3D, [1, steps, 1]),
      };
    },
    state: () => Promise.resolve({}),
    restore: () => {},
    dispose: () => {},
  };
}

/** The records of one evaluation of a model, as a store would give them back. */
export async function recordsOf(model: DynamicsModel): Promise<MetricRow[]> {
  const buffer = new ReplayBuffer({
    stateCount: nodes,
    actionCount: 1,
    capacity: 5000,
    windowSteps: 1,
    validationShare: 0.2,
    maxWindowUses: 1,
  });
  const rng = new Rng(7);
  const exploration = { environments: 20, explorationEpsilon: 0, explorationNoise: 0 };
  const collector = new Collector(environment, { ...exploration, buffer, rng: rng.fork("collect") });
  for (let loop = 0; loop < 200; loop++) collector.actRandomly();
  const steps = evaluate({
    environment,
    model,
    buffer,
    choose: (_, goal) => ({ actions: new Float32Array(goal.length / nodes), pairs: 0, predictedPairs: 0 }),
    episodes: 1,
    batchSize: 600,
    predictionSteps: 1,
    rng: rng.fork("evaluate"),
  });
  let step = await steps.next();
  while (!step.done) step = await steps.next();
  return step.value.scores.map((score) => ({ ...score, runId: "made", envSteps: 4000, updates: 0, elapsedMs: 0 }));
}

function rowsOf({ observation, action }: ModelInput): Seen[] {
  const [states, actions] = [observation.dataSync() as Float32Array, action.dataSync() as Float32Array];
  const [width, actionWidth] = [nodes * colors, nodes * colors];
  return Array.from({ length: states.length / width }, (_, b) => {
    const encoded = states.slice(b * width, (b + 1) * width);
    return {
      encoded,
      seenColors: Array.from(
        { length: nodes },
        (_, node) => largest(encoded.subarray(node * colors, (node + 1) * colors)),
      ),
      action: largest(actions.subarray(b * actionWidth, (b + 1) * actionWidth)),
    };
  });
}

function largest(values: Float32Array): number {
  return values.reduce((best, value, index) => value > values[best]! ? index : best, 0);
}
