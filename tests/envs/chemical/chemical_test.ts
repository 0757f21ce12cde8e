import assert from "node:assert/strict";
import { Rng } from "../../../lib/core/rng.ts";
import { create, parseOptions, taskName } from "../../../lib/envs/chemical/chemical.ts";

Deno.test("parseOptions fills the paper's defaults", () => {
  assert.deepEqual(parseOptions({}), {
    rule: "fork",
    graph: "full",
    variables: 10,
    colors: 5,
    noisyNodes: [2, 4, 6],
    mechanismWidth: 40,
    mechanismGain: 3,
    mechanismBias: 0.2,
    shiftScale: 100,
    episodeLength: 25,
    targetInterventions: 10,
  });
  assert.deepEqual(parseOptions(parseOptions({ variables: 7 })), parseOptions({ variables: 7 }));
});

Deno.test("parseOptions keeps only numbers of noisy nodes that leave a later node", () => {
  const noisyNodes = (variables: number) => parseOptions({ variables }).noisyNodes;
  assert.deepEqual([3, 4, 5, 6, 8, 15].map(noisyNodes), [[], [2], [2], [2, 4], [2, 4, 6], [2, 4, 6]]);
});

Deno.test("parseOptions refuses what is not allowed in one sentence", () => {
  const refused: [unknown, string][] = [
    [{ variables: 16 }, "variables is not allowed, expected an integer from 3 to 15, got 16"],
    [{ variables: "10" }, 'variables is not allowed, expected an integer from 3 to 15, got "10"'],
    [{ colors: 1 }, "colors is not allowed, expected an integer from 2 to 100, got 1"],
    [{ rule: "ring" }, 'rule is not allowed, expected one of fork, chain, none, got "ring"'],
    [
      { size: 3 },
      "size is not a field, expected one of rule, graph, variables, colors, noisyNodes, " +
      'mechanismWidth, mechanismGain, mechanismBias, shiftScale, episodeLength, targetInterventions, goals, got "size"',
    ],
    [{ noisyNodes: [2, 9] }, "noisyNodes.1 is not allowed, expected at most variables - 2 = 8, got 9"],
    [{ noisyNodes: [2, 2] }, "noisyNodes.1 is not allowed, expected each number once, got 2"],
    [{ noisyNodes: [0] }, "noisyNodes.0 is not allowed, expected an integer from 1 to 13, got 0"],
  ];
  for (const [options, sentence] of refused) {
    assert.throws(() => parseOptions(options), {
      name: "RangeError",
      message: `Cannot read environment: ${sentence}`,
    });
  }
  assert.throws(() => parseOptions(null), { name: "RangeError", message: /^Cannot read environment: / });
  assert.throws(() => parseOptions({ graph: "0->1->0" }), {
    name: "RangeError",
    message: "Cannot read graph: 1->0 makes a cycle or runs against the order of the nodes, " +
      'expected edges from a lower to a higher node, got "0->1->0"',
  });
  assert.throws(() => parseOptions({ graph: "ring" }), {
    name: "RangeError",
    message: /^Cannot read graph: unknown name/,
  });
});

Deno.test("taskName names rule, graph and size where they are not the paper's", () => {
  const name = (options: unknown) => taskName(parseOptions(options));
  assert.equal(name({}), "chemical-fork");
  assert.equal(name({ rule: "chain" }), "chemical-chain");
  assert.equal(name({ graph: "full10" }), "chemical-fork");
  assert.equal(name({ rule: "none", graph: "jungle" }), "chemical-none-on-jungle");
  assert.equal(name({ variables: 5, colors: 3 }), "chemical-fork-5x3");
  assert.match(name({ graph: "0->1->2" }), /^chemical-fork-on-graph[0-9a-f]{8}$/);
  assert.equal(name({ graph: "0->1,1->2" }), name({ graph: "0->1->2" }));
  assert.notEqual(name({ graph: "0->1,0->2" }), name({ graph: "0->1->2" }));
});

Deno.test("create gives the same mechanisms for the same seed and others for another", async () => {
  const steps = async (seed: number) => {
    const environment = await create(parseOptions({}), seed);
    const rng = new Rng(4);
    const state = environment.reset("train", { count: 20, rng });
    return environment.step(state, { actions: new Float32Array(20).fill(3), rng }).state.values;
  };
  assert.deepEqual(await steps(1), await steps(1));
  assert.notDeepEqual(await steps(1), await steps(2));
});

Deno.test("spec has the paper's splits and contexts", async () => {
  const { spec } = await create(parseOptions({}), 1);
  assert.deepEqual(spec.splits.map(({ id, label, inDistribution }) => ({ id, label, inDistribution })), [
    { id: "train", label: "train", inDistribution: true },
    { id: "n2", label: "n = 2", inDistribution: false },
    { id: "n4", label: "n = 4", inDistribution: false },
    { id: "n6", label: "n = 6", inDistribution: false },
  ]);
  assert.deepEqual(spec.splits.map(({ scoredVariables }) => scoredVariables), [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [0, 3, 4, 5, 6, 7, 8, 9],
    [0, 5, 6, 7, 8, 9],
    [0, 7, 8, 9],
  ]);
  assert.deepEqual(spec.contextNames, ["global", "local"]);
  assert.deepEqual((await create(parseOptions({ rule: "none" }), 1)).spec.contextNames, ["global"]);
});

Deno.test("reward and success count scored nodes only", async () => {
  const environment = await create(parseOptions({ variables: 4, colors: 3 }), 1);
  const goal = Float32Array.of(0, -1, -1, 2, 0, 1, 2, 2);
  assert.deepEqual(
    environment.reward(Float32Array.of(0, 1, 2, 2, 0, 1, 1, 0), goal),
    Float32Array.of(1, 0.5),
  );
  // Setting node 3 changes nothing else.
  const state = { values: Float32Array.of(0, 1, 2, 0, 0, 1, 1, 0), goal, hidden: new Float32Array(0) };
  const result = environment.step(state, { actions: Float32Array.of(11, 9), rng: new Rng(1) });
  assert.deepEqual([...result.state.values], [0, 1, 2, 2, 0, 1, 1, 0]);
  assert.deepEqual([...result.reward], [1, 0.5]);
  assert.deepEqual([...result.success], [1, 0]);
  assert.equal(result.state.goal, goal);
});

Deno.test("contexts and isEvaluated follow the root's colour", async () => {
  const transitions = {
    values: Float32Array.of(0, 1, 1, 1, 0, 1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1),
    actions: Float32Array.of(3, 1, 0, 4),
    nextValues: Float32Array.of(0, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 2, 1, 1, 1),
  };
  const options = { variables: 4, colors: 3 };
  for (const rule of ["fork", "chain"]) {
    const environment = await create(parseOptions({ ...options, rule }), 1);
    assert.deepEqual([...environment.contexts(transitions)], [1, 0, 1, 0]);
    assert.deepEqual([...environment.isEvaluated("n2", transitions)], [1, 0, 0, 0]);
    assert.deepEqual([...environment.isEvaluated("train", transitions)], [1, 1, 1, 1]);
  }
  const none = await create(parseOptions({ ...options, rule: "none" }), 1);
  assert.deepEqual([...none.contexts(transitions)], [0, 0, 0, 0]);
  assert.deepEqual([...none.isEvaluated("n2", transitions)], [1, 1, 1, 1]);
});

Deno.test("step and reset refuse what they do not know", async () => {
  const environment = await create(parseOptions({}), 1);
  const state = environment.reset("train", { count: 1, rng: new Rng(1) });
  for (const action of [50, -1, 0.5, NaN]) {
    assert.throws(() => environment.step(state, { actions: Float32Array.of(action), rng: new Rng(1) }), {
      name: "RangeError",
      message: `Cannot take a step: not an action, expected an integer from 0 to 49, got ${action}`,
    });
  }
  assert.throws(() => environment.reset("n3", { count: 1, rng: new Rng(1) }), {
    name: "RangeError",
    message: 'Cannot find split "n3": unknown name, expected one of train, n2, n4, n6, got "n3"',
  });
});
