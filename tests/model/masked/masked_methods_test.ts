import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../../lib/core/rng.ts";
import { isGraphModel } from "../../../lib/model/dynamics_model.ts";
import { MaskedModel } from "../../../lib/model/masked/masked_model.ts";
import { methods } from "../../../lib/model/registry.ts";
import { useBackend } from "../../../lib/tensor/mod.ts";
import { actionOf, disposeAll, smallOptions, take, Trial } from "../../contracts/model_trial.ts";
import { toyProblems } from "../../contracts/toy_problems.ts";

const masked = ["fcdl", "fcdl-kmeans", "fcdl-gumbel", "ncd", "oracle"];
const load = (id: string) => methods.find((entry) => entry.id === id)!.load();

/**
 * Methods whose code is the nearest of many: a rounding error flips a sample's code at a tie sooner or later, and the
 * runs part. They are compared from the same state at each update; FCDL from a start at which its codes are in use.
 */
const nearestCode: Readonly<Record<string, Record<string, unknown>>> = {
  "fcdl": { codebookStart: "data" },
  "fcdl-kmeans": {},
};

for (const id of masked) {
  for (const problem of toyProblems) {
    Deno.test(`${id} on ${problem.name} learns the same with tables as with dense first layers`, async () => {
      await useBackend("wasm");
      const method = await load(id);
      const options = { ...smallOptions(method), ...nearestCode[id] };
      const common = { method, problem, learningRate: 1e-3, options };
      const tables = new Trial({ ...common, fast: true });
      const dense = new Trial({ ...common, fast: false });
      for (let update = 1; update <= 100; update++) {
        const [loss] = tables.train(1) as [number];
        const [expected] = dense.train(1) as [number];
        const error = Math.abs(loss - expected) / Math.max(1, Math.abs(expected));
        assert.ok(error <= 1e-4, `update ${update}: loss ${loss} with tables, ${expected} without`);
        if (id in nearestCode && update < 100) tables.model.restore(await dense.model.state());
      }
      const [ours, theirs] = [await tables.model.state(), await dense.model.state()];
      for (const [name, { data }] of Object.entries(theirs)) {
        // Where a gradient is next to nothing, Adam makes a step of any sign of it.
        if (name.startsWith("adam.")) continue;
        const largest = data.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
        const error = data.reduce((max, value, i) => Math.max(max, Math.abs(value - ours[name]!.data[i]!)), 0);
        assert.ok(error <= 1e-3 * largest, `${name} differs by ${error}, its largest is ${largest}`);
      }
      tables.model.dispose();
      dense.model.dispose();
    });
  }

  Deno.test(`${id} ${id === "oracle" ? "asks for" : "is not told"} the true graph`, async () => {
    await useBackend("wasm");
    const method = await load(id);
    let asked = 0;
    const [problem] = toyProblems;
    const globalGraph = () => {
      asked++;
      return problem!.context.globalGraph();
    };
    const { model } = new Trial({ method, problem: { ...problem!, context: { ...problem!.context, globalGraph } } });
    assert.equal(asked, id === "oracle" ? 1 : 0);
    model.dispose();
  });
}

for (const id of masked.filter((id) => id !== "oracle")) {
  for (const graph of ["triangular", "full"] as const) {
    Deno.test(`${id} keeps to the entries that a ${graph} graph leaves free`, async () => {
      await useBackend("wasm");
      const method = await load(id);
      for (const problem of toyProblems) {
        const trial = new Trial({ method, problem, options: { ...smallOptions(method), graph } });
        trial.train(5);
        assert.ok(isGraphModel(trial.model));
        const { stateVariables: { length: n }, actionVariables: { length: m } } = problem.context;
        const batch = problem.batch(4, { steps: 1, rng: new Rng(4) });
        const action = actionOf(batch);
        take(trial.model.localGraph({ ...batch, action })).forEach((entry, at) => {
          const column = at % (n + m);
          const row = Math.floor(at / (n + m)) % n;
          if (column === row || (graph === "triangular" && column >= n)) assert.equal(entry, 1);
          else if (graph === "triangular" && column > row) assert.equal(entry, 0);
          else assert.ok(entry > 0 && entry < 1);
        });
        action.dispose();
        disposeAll(batch);
        trial.model.dispose();
      }
    });
  }
}

Deno.test("oracle's graph is the true one for every sample, and cuts off what it leaves out", async () => {
  await useBackend("wasm");
  const method = await load("oracle");
  for (const problem of toyProblems) {
    const { model } = new Trial({ method, problem });
    assert.ok(model instanceof MaskedModel);
    const batch = problem.batch(4, { steps: 1, rng: new Rng(4) });
    const action = actionOf(batch);
    const graph = [...problem.context.globalGraph()];
    assert.deepEqual(take(model.localGraph({ ...batch, action })), Array(4).fill(graph).flat());
    const moved = action.reverse(0);
    const n = problem.context.stateVariables.length;
    const scores = (actions: tf.Tensor2D) => {
      const result = model.evaluate({ ...batch, actions: actions.expandDims(1) as tf.Tensor3D });
      result.prediction.dispose();
      return take(result.logProb);
    };
    const before = tf.tidy(() => scores(action));
    const after = tf.tidy(() => scores(moved));
    const width = n + problem.context.actionVariables.length;
    before.forEach((score, place) => {
      const row = graph.slice((place % n) * width, (place % n + 1) * width);
      const seesAction = row.slice(n).includes(1);
      if (!seesAction) assert.equal(after[place], score, `variable ${place % n} has no action as a parent`);
    });
    assert.notDeepEqual(after, before);
    tf.dispose([action, moved]);
    disposeAll(batch);
    model.dispose();
  }
});

Deno.test("fcdl's further options off are the default to the bit", async () => {
  await useBackend("wasm");
  const method = await load("fcdl");
  const [problem] = toyProblems;
  const small = smallOptions(method);
  const plain = new Trial({ method, problem: problem!, options: small });
  const spelled = new Trial({
    method,
    problem: problem!,
    options: { ...small, codebookStart: "normal", deadCodeRevival: null },
  });
  assert.deepEqual(spelled.train(5), plain.train(5));
  assert.deepEqual(await spelled.model.state(), await plain.model.state());
  spelled.model.dispose();
  plain.model.dispose();
});

for (const codebook of ["ema", "gradient"]) {
  Deno.test(`fcdl with ${codebook} codebook, data start and revival resumes to the bit`, async () => {
    await useBackend("wasm");
    const method = await load("fcdl");
    const [problem] = toyProblems;
    const options = {
      ...smallOptions(method),
      codebook,
      codebookStart: "data",
      deadCodeRevival: { afterBatches: 5, threshold: 2 },
    };
    const subject = { method, problem: problem!, options };
    for (const updates of [0, 4]) {
      const unbroken = new Trial(subject);
      unbroken.train(updates);
      const resumed = new Trial({ ...subject, seed: 2 });
      resumed.train(1);
      resumed.model.restore(structuredClone(await unbroken.model.state()));
      resumed.follow(unbroken);
      assert.deepEqual(resumed.train(10), unbroken.train(10));
      assert.deepEqual(await resumed.model.state(), await unbroken.model.state());
      unbroken.model.dispose();
      resumed.model.dispose();
    }
  });
}
