import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { observationsOf } from "../../../lib/core/observations.ts";
import { encodeValues } from "../../../lib/core/variable.ts";
import { Rng } from "../../../lib/core/rng.ts";
import { create as createChemical, parseOptions as chemicalOptions } from "../../../lib/envs/chemical/chemical.ts";
import { modelContext } from "../../../lib/experiment/model_context.ts";
import type { MethodModule, ModelContext } from "../../../lib/model/dynamics_model.ts";
import { MaskedModel } from "../../../lib/model/masked/masked_model.ts";
import { fixedGraph } from "../../../lib/model/methods/fixed_graph.ts";
import { oracle } from "../../../lib/model/methods/oracle.ts";
import { RngNoise, useBackend } from "../../../lib/tensor/mod.ts";
import { windowBatch } from "../../../lib/training/model_host.ts";
import { modelContract } from "../../contracts/model_contract.ts";
import { actionOf, disposeAll, take, Trial } from "../../contracts/model_trial.ts";
import { type ToyProblem, toyProblems } from "../../contracts/toy_problems.ts";

const graphs = ["none", "all", "global", "local"] as const;
const small = { featureWidth: 16, predictorWidths: [16, 16] };

/** The method with another default, so that the contract's tests run it. */
function withGraph(graph: typeof graphs[number]): MethodModule {
  const parseOptions = (options: unknown) =>
    fixedGraph.parseOptions(typeof options === "object" && options !== null ? { graph, ...options } : options);
  return { ...fixedGraph, parseOptions };
}

for (const graph of graphs) {
  // The registry has the default, so the contract is done for it already.
  if (graph === "none") continue;
  const module = withGraph(graph);
  await modelContract({ id: `fixed-graph ${graph}`, label: graph, load: () => Promise.resolve(module) });
}

/** A small model of a problem. */
function modelOf(context: ModelContext, graph: typeof graphs[number]): MaskedModel {
  const model = fixedGraph.create(context, {
    options: fixedGraph.parseOptions({ ...small, graph }),
    training: { learningRate: 1e-2, gradientClip: 1e9, predictionSteps: 2 },
    rng: new Rng(1),
  });
  assert.ok(model instanceof MaskedModel);
  return model;
}

/** Graph of every sample of a batch's first step, rows side by side. */
function graphsOf(model: MaskedModel, problem: ToyProblem): { graphs: number[][]; batch: number[][] } {
  const batch = problem.batch(16, { steps: 1, rng: new Rng(4) });
  const action = actionOf(batch);
  const rowsOf = (tensor: tf.Tensor) => {
    const width = tensor.size / 16;
    const data = take(tensor);
    return Array.from({ length: 16 }, (_, row) => data.slice(row * width, (row + 1) * width));
  };
  const found = rowsOf(model.localGraph({ ...batch, action }));
  const inputs = rowsOf(tf.concat([batch.observation, action], 1));
  action.dispose();
  disposeAll(batch);
  return { graphs: found, batch: inputs };
}

for (const problem of toyProblems) {
  const { context } = problem;
  const { length: n } = context.stateVariables;
  const { length: m } = context.actionVariables;

  Deno.test(`fixed-graph on ${problem.name}: none has self and action edges, all every edge, global the true ones`, async () => {
    await useBackend("wasm");
    const entries = Array.from(
      { length: n * (n + m) },
      (_, k) => ({ row: Math.floor(k / (n + m)), column: k % (n + m) }),
    );
    const expected = {
      none: entries.map(({ row, column }) => row === column || column >= n ? 1 : 0),
      all: entries.map(() => 1),
      global: [...context.globalGraph()],
    };
    for (const graph of ["none", "all", "global"] as const) {
      const model = modelOf(context, graph);
      for (const found of graphsOf(model, problem).graphs) assert.deepEqual(found, expected[graph]);
      model.dispose();
    }
  });
}

Deno.test("fixed-graph's local follows the rule in each sample, of one-hots and of distorted observations", async () => {
  await useBackend("wasm");
  const [problem] = toyProblems as [ToyProblem];
  const model = modelOf(problem.context, "local");
  const rule = problem.context.localGraphRule!()!;
  const { graphs, batch } = graphsOf(model, problem);
  const actionOfRow = (row: readonly number[]) => row.slice(12).indexOf(1);
  graphs.forEach((graph, row) => {
    assert.deepEqual(graph, [...rule.graphs[rule.graphOf[actionOfRow(batch[row]!)]!]!]);
  });
  assert.ok(new Set(graphs.map((graph) => graph.join())).size === 2, "both graphs occur");
  model.dispose();
});

Deno.test("fixed-graph's local is the truth of every step of Chemical, shifted or not, and only its edges matter", async () => {
  await useBackend("wasm");
  for (const rule of ["fork", "chain"]) {
    const options = chemicalOptions({ rule, variables: 6, colors: 3, noisyNodes: [2, 3] });
    const environment = await createChemical(options, 7);
    const { stateVariables, actionVariables, splits } = environment.spec;
    const rng = new Rng(3);
    const rows = 40;
    const values = Float32Array.from({ length: rows * 6 }, () => rng.integer(3));
    const actions = Float32Array.from({ length: rows }, () => rng.integer(18));
    const state = { values, goal: new Float32Array(rows * 6), hidden: new Float32Array(0) };
    const nextValues = environment.step(state, { actions, rng }).state.values;
    const truth = environment.localGraphs({ values, actions, nextValues });
    const model = modelOf(modelContext(environment), "local");
    for (const { shift } of splits) {
      const batch = windowBatch({ values, actions, nextValues }, {
        stateVariables,
        actionVariables,
        ...(shift
          ? {
            observe: (values: Float32Array) =>
              observationsOf(stateVariables, shift.apply(encodeValues(stateVariables, values), new Rng(5))),
          }
          : {}),
      });
      const action = actionOf(batch);
      assert.deepEqual(take(model.localGraph({ ...batch, action })), [...truth]);
      // The prediction of a variable whose parents are not shifted is that of the clean observation, to the bit.
      if (shift) {
        const clean = windowBatch({ values, actions, nextValues }, { stateVariables, actionVariables });
        const [seen, unshifted] = [batch, clean].map((input) => {
          const { logProb, prediction } = model.evaluate(input);
          prediction.dispose();
          return take(logProb);
        }) as [number[], number[]];
        let kept = 0;
        seen.forEach((score, k) => {
          const parents = truth.subarray(k * 7, k * 7 + 6);
          if (shift.variables.some((variable) => parents[variable] === 1)) return;
          kept++;
          assert.ok(Math.abs(score - unshifted[k]!) < 1e-4, `variable ${k % 6}: ${score} and ${unshifted[k]}`);
        });
        assert.ok(kept > rows, "some variables have no shifted parent");
        disposeAll(clean);
      }
      action.dispose();
      disposeAll(batch);
    }
    model.dispose();
    environment.dispose();
  }
});

Deno.test("fixed-graph's global is Oracle to the bit, through training and prediction", async () => {
  await useBackend("wasm");
  for (const problem of toyProblems) {
    const trials = [
      new Trial({ method: oracle, problem, options: small }),
      new Trial({ method: fixedGraph, problem, options: { ...small, graph: "global" } }),
    ] as const;
    assert.deepEqual(trials[1].train(10), trials[0].train(10));
    assert.deepEqual(await trials[1].model.state(), await trials[0].model.state());
    for (const { model } of trials) model.dispose();
  }
});

Deno.test("fixed-graph's local trains on rollouts of its own samples, the same on every backend", async () => {
  const [problem] = toyProblems as [ToyProblem];
  const losses: number[][] = [];
  for (const backend of ["wasm", "cpu"] as const) {
    await useBackend(backend);
    const model = modelOf(problem.context, "local");
    const noise = new RngNoise(new Rng(2));
    const chance = new Rng(3);
    losses.push(Array.from({ length: 5 }, () => {
      const batch = problem.batch(32, { steps: 2, rng: chance });
      const result = model.update(batch, {
        noise,
        data: { validationBatch: () => batch, episodes: 1, transitions: () => problem.transitions(chance) },
      });
      const loss = result.loss.dataSync()[0]!;
      disposeAll(result);
      disposeAll(batch);
      return loss;
    }));
    model.dispose();
  }
  losses[0]!.forEach((loss, k) => assert.ok(Math.abs(loss - losses[1]![k]!) < 1e-3, `${losses}`));
});

Deno.test("fixed-graph's local is refused where the environment has no rule, the others are not", () => {
  const { localGraphRule: _, ...context } = toyProblems[0]!.context;
  for (const told of [context, { ...context, localGraphRule: () => null }]) {
    for (const graph of graphs) {
      const reason = fixedGraph.unsupported!(told, fixedGraph.parseOptions({ graph }));
      if (graph === "local") assert.match(reason!, /^Cannot follow the true local graph: .+, expected .+, got .+/);
      else assert.equal(reason, null);
    }
    assert.throws(() => modelOf(told, "local"), { name: "RangeError", message: /^Cannot follow the true local graph/ });
  }
});
