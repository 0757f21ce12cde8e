import assert from "node:assert/strict";
import { Rng } from "../../../lib/core/rng.ts";
import { create, parseOptions } from "../../../lib/envs/chemical/chemical.ts";
import { nodeProbabilities } from "../../../lib/envs/chemical/dynamics.ts";
import { lastKeptNode, resetTraining } from "../../../lib/envs/chemical/resets.ts";
import { worldOf } from "./chemical_fixtures.ts";

/** Rows of a [E, N] array. */
function rowsOf(values: Float32Array, count: number): number[][] {
  return Array.from(
    { length: values.length / count },
    (_, row) => [...values.subarray(row * count, (row + 1) * count)],
  );
}

Deno.test("lastKeptNode is n in fork and n/2 + 4 in chain, and leaves a node to change", () => {
  const kept = (rule: "fork" | "chain" | "none", variables: number) =>
    [2, 4, 6].map((noisy) => lastKeptNode(rule, { noisy, variables }));
  assert.deepEqual(kept("fork", 10), [2, 4, 6]);
  assert.deepEqual(kept("none", 10), [2, 4, 6]);
  assert.deepEqual(kept("chain", 10), [5, 6, 7]);
  assert.equal(lastKeptNode("chain", { noisy: 2, variables: 5 }), 3);
});

Deno.test("reset of test splits follows the rule written out by hand", async () => {
  const lastKept = { fork: { n2: 2, n4: 4, n6: 6 }, chain: { n2: 5, n4: 6, n6: 7 } };
  for (const rule of ["fork", "chain"] as const) {
    const environment = await create(parseOptions({ rule }), 3);
    for (const [split, kept] of Object.entries(lastKept[rule])) {
      const noisy = Number(split.slice(1));
      const state = environment.reset(split, { count: 200, rng: new Rng(9) });
      const goals = rowsOf(state.goal, 10);
      const seen = new Set<number>();
      for (const [row, colors] of rowsOf(state.values, 10).entries()) {
        assert.equal(colors[0], 0);
        for (let node = 0; node < 10; node++) {
          const color = colors[node]!;
          if (node > 0) seen.add(node * 5 + color);
          const target = node >= 1 && node <= noisy ? -1 : node <= kept ? color : (color + 1) % 5;
          assert.equal(goals[row]![node], target, `${rule} ${split} node ${node}`);
        }
      }
      assert.equal(seen.size, 9 * 5, "every node but the root takes every colour");
    }
  }
});

Deno.test("reset of test splits fits other sizes", async () => {
  const environment = await create(parseOptions({ rule: "chain", variables: 5, colors: 3 }), 3);
  assert.deepEqual(environment.spec.splits.map(({ id }) => id), ["train", "n2"]);
  const state = environment.reset("n2", { count: 50, rng: new Rng(1) });
  const goals = rowsOf(state.goal, 5);
  for (const [row, colors] of rowsOf(state.values, 5).entries()) {
    assert.deepEqual(goals[row], [0, -1, -1, colors[3]!, (colors[4]! + 1) % 3]);
  }
});

Deno.test("reset of training draws a uniform root and the rest from the mechanisms in the graph in force", () => {
  const dynamics = worldOf("full", { variables: 3, rule: "fork", colors: 3 });
  const rng = new Rng(21);
  const episodes = 30000;
  const roots = new Float64Array(3);
  /** Counts of node 2's colour where root = 0, and where root = 1 and node 1 = 2. */
  const local = new Float64Array(3);
  const global = new Float64Array(3);
  const start = { colors: new Float32Array(3), target: new Float32Array(3) };
  for (let k = 0; k < episodes; k++) {
    resetTraining(start, { dynamics, interventions: 0, rng });
    assert.deepEqual(start.target, start.colors);
    const [root, first, second] = start.colors;
    roots[root!]!++;
    if (root === 0) local[second!]!++;
    if (root === 1 && first === 2) global[second!]!++;
  }
  for (const count of roots) assert.ok(Math.abs(count / episodes - 1 / 3) < 0.012);
  // In the local context node 2 hears the root only, so node 1's colour given here is of no account.
  assertFrequencies(local, nodeProbabilities(dynamics, { node: 2, context: 1, colors: [0, 1, 0] }));
  assertFrequencies(global, nodeProbabilities(dynamics, { node: 2, context: 0, colors: [1, 2, 0] }));
});

Deno.test("reset of training keeps the target's root, and interventions move the target", async () => {
  const environment = await create(parseOptions({ rule: "chain" }), 5);
  const { values, goal } = environment.reset("train", { count: 300, rng: new Rng(2) });
  let different = 0;
  for (let row = 0; row < 300; row++) {
    assert.equal(goal[row * 10], values[row * 10]);
    for (let node = 0; node < 10; node++) {
      assert.ok(goal[row * 10 + node]! >= 0 && goal[row * 10 + node]! < 5);
      if (goal[row * 10 + node] !== values[row * 10 + node]) different++;
    }
  }
  assert.ok(different > 300);
});

/** Asserts that counts follow probabilities within five standard errors. */
function assertFrequencies(counts: Float64Array, probabilities: Float64Array): void {
  const total = counts.reduce((sum, count) => sum + count, 0);
  assert.ok(total > 300, `too few draws to tell: ${total}`);
  for (const [k, probability] of probabilities.entries()) {
    const error = 5 * Math.sqrt(probability * (1 - probability) / total) + 1e-3;
    assert.ok(Math.abs(counts[k]! / total - probability) < error, `${counts[k]! / total} is not ${probability}`);
  }
}
