import assert from "node:assert/strict";
import { maxOf } from "../../../lib/core/extremes.ts";
import { Rng } from "../../../lib/core/rng.ts";
import { create, dynamicsOf, nodesOf, parseOptions, taskName } from "../../../lib/envs/chemical/chemical.ts";
import { nodeProbabilities } from "../../../lib/envs/chemical/dynamics.ts";
import { bestIndirectReturn, blindIndirectReturn } from "../../../lib/envs/chemical/indirect_best.ts";
import { targetFrom } from "../../../lib/envs/chemical/indirect_episodes.ts";
import { notScored } from "../../../lib/envs/chemical/resets.ts";

const small = { goals: "indirect", rule: "chain", variables: 5, colors: 3 } as const;

/** Environment, dynamics and nodes of a task. */
async function taskOf(options: Record<string, unknown>, seed = 1) {
  const parsed = parseOptions({ ...small, ...options });
  return {
    environment: await create({ ...parsed }, seed),
    dynamics: dynamicsOf(parsed, seed),
    nodes: nodesOf(parsed),
    episodeLength: parsed.episodeLength,
  };
}

Deno.test("the indirect task has a name of its own, and the paper's task keeps its options and name", () => {
  assert.equal(taskName({ ...parseOptions(small) }), "chemical-indirect-chain-5x3");
  assert.equal("goals" in parseOptions({}), false);
  assert.deepEqual(parseOptions(parseOptions(small)), parseOptions(small));
});

Deno.test("lever and scored nodes are the last ones, clean in every split, two scored at most", () => {
  const of = (options: Record<string, unknown>) => nodesOf(parseOptions({ ...small, ...options }));
  assert.deepEqual(of({}), { lever: 3, scored: [4] });
  assert.deepEqual(of({ variables: 10, colors: 5 }), { lever: 7, scored: [8, 9] });
  assert.deepEqual(of({ variables: 10, noisyNodes: [2] }), { lever: 7, scored: [8, 9] });
  assert.deepEqual(of({ variables: 5, noisyNodes: [1] }), { lever: 2, scored: [3, 4] });
});

Deno.test("the indirect task is refused where nothing could be steered, with a sentence", () => {
  const refused: [Record<string, unknown>, RegExp][] = [
    [{ goals: "direct" }, /goals is not allowed, expected "indirect" or no such field, got "direct"$/],
    [{ rule: "fork" }, /node 4 cannot be steered .*, expected .*, got rule fork with parents 0$/],
    [{ rule: "none" }, /node 4 cannot be steered .*, expected .*, got rule none with parents 0, 1, 2, 3$/],
    [{ graph: "tree" }, /node 4 cannot be steered .*, got rule chain with no parent$/],
    [{ noisyNodes: [3] }, /no clean nodes are left .*, expected noisyNodes of at most variables - 3 = 2, got 3$/],
  ];
  for (const [options, message] of refused) {
    assert.throws(() => parseOptions({ ...small, ...options }), { name: "RangeError", message });
  }
});

Deno.test("a step keeps the root, turns the lever in the local context only, and draws others from the colours before", async () => {
  const { environment, dynamics } = await taskOf({});
  const rng = new Rng(5);
  for (const root of [0, 1]) {
    const start = [root, 2, 1, 1, 0];
    const rows = 20_000;
    const values = Float32Array.from({ length: 5 * rows }, (_, k) => start[k % 5]!);
    const state = { values, goal: new Float32Array(5 * rows).fill(notScored), hidden: new Float32Array(0) };
    const next = environment.step(state, { actions: new Float32Array(rows).fill(2), rng }).state.values;
    const context = root === 0 ? 1 : 0;
    for (let node = 0; node < 5; node++) {
      const shares = new Float64Array(3);
      for (let row = 0; row < rows; row++) shares[next[5 * row + node]!]! += 1 / rows;
      const expected = node === 0
        ? [0, 1, 2].map((color) => color === root ? 1 : 0)
        : node === 3 && root === 0
        ? [1, 0, 0] // 1 + 2 modulo 3
        : [...nodeProbabilities(dynamics, { node, context, colors: start })];
      expected.forEach((p, color) => assert.ok(Math.abs(p - shares[color]!) < 0.015, `node ${node}: ${shares}`));
    }
  }
});

Deno.test("local graphs have the causes of the step, the global one all of them and each node's own", async () => {
  const { environment } = await taskOf({});
  const transitions = (root: number) => ({
    values: Float32Array.of(root, 1, 1, 1, 1),
    actions: Float32Array.of(1),
    nextValues: Float32Array.of(root, 1, 1, 2, 1),
  });
  const rows = (graph: Uint8Array) =>
    Array.from({ length: 5 }, (_, row) => [...graph.slice(row * 6, row * 6 + 6)].join(""));
  const local = rows(environment.localGraphs(transitions(0)));
  const global = rows(environment.localGraphs(transitions(1)));
  assert.deepEqual(local, ["100000", "100000", "110000", "100101", "100100"]);
  assert.deepEqual(global, ["100000", "100000", "110000", "111000", "111100"]);
  assert.deepEqual(rows(environment.globalGraph()), ["100000", "110000", "111000", "111101", "111110"]);
  const rule = environment.localGraphRule!();
  for (let root = 0; root < 3; root++) {
    for (let action = 0; action < 3; action++) {
      const told = rule.graphs[rule.graphOf[root * 3 + action]!]!;
      assert.deepEqual(rows(told), root === 0 ? local : global);
    }
  }
});

Deno.test("targets are the likeliest colours behind some colour of the lever; nothing else is scored", async () => {
  const { environment, dynamics, nodes } = await taskOf({ variables: 10, colors: 5 });
  for (const split of ["train", "n2", "n6"]) {
    const { values, goal } = environment.reset(split, { count: 30, rng: new Rng(2) });
    for (let row = 0; row < 300; row += 10) {
      const colors = values.slice(row, row + 10);
      if (split !== "train") assert.equal(colors[0], 0);
      const possible = [0, 1, 2, 3, 4].map((leverColor) =>
        [...targetFrom(dynamics, { colors, nodes, context: colors[0] === 0 ? 1 : 0, leverColor })].join()
      );
      assert.ok(possible.includes([...goal.slice(row, row + 10)].join()));
      assert.deepEqual([...goal.slice(row, row + 8)], Array(8).fill(notScored));
    }
  }
});

Deno.test("only scored nodes have other mechanisms than in the paper's task, and their colours can be reached better", () => {
  const parsed = parseOptions(small);
  const { goals: _, ...direct } = parsed;
  const [indirect, plain] = [dynamicsOf(parsed, 3), dynamicsOf(direct, 3)];
  const reach = (dynamics: typeof plain) => {
    const of = [0, 1, 2].map((m) => [...nodeProbabilities(dynamics, { node: 4, context: 1, colors: [0, 0, 0, m, 0] })]);
    return [0, 1, 2].reduce((sum, t) => sum + maxOf(of.map((p) => p[t]!)), 0);
  };
  assert.ok(reach(indirect) > reach(plain) + 0.1);
  for (const node of [1, 2, 3]) {
    for (const context of [0, 1] as const) {
      const at = (
        dynamics: typeof plain,
      ) => [...nodeProbabilities(dynamics, { node, context, colors: [1, 2, 0, 1, 2] })];
      assert.deepEqual(at(indirect), at(plain));
    }
  }
});

Deno.test("the best return of mechanisms without chance is what can be counted", async () => {
  // The first step draws from a random lever; the second scored node is behind by one more step.
  const one = await taskOf({ mechanismGain: 100 });
  assert.ok(Math.abs(bestIndirectReturn(one.dynamics, one) - (1 / 3 + 24)) < 0.01);
  assert.ok(Math.abs(blindIndirectReturn(one.dynamics, one) - 25 / 3) < 0.01);
  const two = await taskOf({ mechanismGain: 100, variables: 6 });
  assert.ok(Math.abs(bestIndirectReturn(two.dynamics, two) - (1 / 3 + 24 + 2 / 3 + 23) / 2) < 0.01);
});

Deno.test("bestIndirectReturn is the mean return of episodes played by the best policy, blindIndirectReturn by chance", async () => {
  const { environment, dynamics, nodes, episodeLength } = await taskOf({});
  const chance = (target: number, lever: number) =>
    nodeProbabilities(dynamics, { node: 4, context: 1, colors: [0, 0, 0, lever, 0] })[target]!;
  // With one scored node the best policy holds the lever where the target is likeliest.
  const best = (lever: number, target: number) =>
    ([0, 1, 2].reduce((a, b) => chance(target, b) > chance(target, a) ? b : a) - lever + 3) % 3;
  const rng = new Rng(9);
  const played = (act: (lever: number, target: number) => number) => {
    const count = 3000;
    let state = environment.reset("n2", { count, rng });
    let total = 0;
    for (let step = 0; step < episodeLength; step++) {
      const actions = Float32Array.from(
        { length: count },
        (_, row) => act(state.values[5 * row + 3]!, state.goal[5 * row + 4]!),
      );
      const result = environment.step(state, { actions, rng });
      total += result.reward.reduce((sum, reward) => sum + reward, 0) / count;
      state = result.state;
    }
    return total;
  };
  assert.ok(Math.abs(played(best) - bestIndirectReturn(dynamics, { nodes, episodeLength })) < 0.25);
  assert.ok(
    Math.abs(played(() => rng.integer(3)) - blindIndirectReturn(dynamics, { nodes, episodeLength })) < 0.25,
  );
});

Deno.test("without edges at most 60 % of the best return can be had, in the small and the full task", async () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const task = await taskOf({}, seed);
    assert.ok(blindIndirectReturn(task.dynamics, task) < 0.5 * bestIndirectReturn(task.dynamics, task), `seed ${seed}`);
  }
  const full = await taskOf({ variables: 10, colors: 5, mechanismGain: 4 });
  assert.ok(blindIndirectReturn(full.dynamics, full) < 0.6 * bestIndirectReturn(full.dynamics, full));
});
