import assert from "node:assert/strict";
import { Rng } from "../../../lib/core/rng.ts";
import { bestAccuracy, nextColorProbabilities } from "../../../lib/envs/chemical/best_prediction.ts";
import { chemicalDynamics, intervene } from "../../../lib/envs/chemical/dynamics.ts";
import { type Mechanism, MechanismBank } from "../../../lib/envs/chemical/mechanisms.ts";
import { worldOf } from "./chemical_fixtures.ts";

/** 0 -> 1 with two colours: node 1 is 0 with probability 0.9 after a 0, and 0.2 after a 1. */
function twoNodes() {
  const log = (p: number) => Math.log(p) + 10; // a hidden unit must be positive
  const mechanism: Mechanism = {
    // One hidden unit a colour of node 1, so rows are those of node 0's colours 0 and 1, then of node 1's.
    hiddenWeights: Float32Array.of(log(0.9), log(0.1), log(0.2), log(0.8), 0, 0, 0, 0),
    hiddenBias: Float32Array.of(0, 0),
    outputWeights: Float32Array.of(1, 0, 0, 1),
    outputBias: Float32Array.of(0, 0),
  };
  const bank = new MechanismBank([mechanism, mechanism], { variables: 2, colors: 2, width: 2 });
  return chemicalDynamics(bank, { adjacency: Uint8Array.of(0, 0, 1, 0), rule: "none" });
}

function close(actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-6): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, k) => assert.ok(Math.abs(actual[k]! - value) < tolerance, `${actual[k]} at ${k}`));
}

Deno.test("nextColorProbabilities of two nodes: the set node is sure, its child follows its mechanism, others stay", () => {
  const dynamics = twoNodes();
  const colors = Float32Array.of(1, 1);
  close(nextColorProbabilities(dynamics, { colors, action: 0 }), [1, 0, 0.9, 0.1]); // node 0 := 0
  close(nextColorProbabilities(dynamics, { colors, action: 1 }), [0, 1, 0.2, 0.8]); // node 0 := 1
  close(nextColorProbabilities(dynamics, { colors, action: 2 }), [0, 1, 1, 0]); // node 1 := 0
  assert.deepEqual(colors, Float32Array.of(1, 1));
});

Deno.test("bestAccuracy of two nodes is the mean of the most likely colours' probabilities", () => {
  const actions = Float32Array.of(0, 1, 2, 0);
  const values = Float32Array.of(1, 1, 0, 0, 0, 1, 0, 0);
  // (1 + 0.9) / 2, (1 + 0.8) / 2, 1, (1 + 0.9) / 2.
  close([bestAccuracy(twoNodes(), { values, actions })], [(0.95 + 0.9 + 1 + 0.95) / 4]);
});

Deno.test("nextColorProbabilities gives the shares that steps of the environment have, in both contexts", () => {
  const dynamics = worldOf("full", { variables: 4, colors: 3, rule: "fork", seed: 3 });
  for (const [start, action] of [[[1, 2, 0, 1], 3], [[0, 2, 0, 1], 1], [[2, 2, 0, 1], 0]] as const) {
    const expected = nextColorProbabilities(dynamics, { colors: start, action });
    const shares = new Float64Array(12);
    const rng = new Rng(7);
    const draws = 20_000;
    for (let k = 0; k < draws; k++) {
      const colors = Float32Array.from(start);
      intervene(dynamics, { colors, node: Math.floor(action / 3), color: action % 3, rng });
      colors.forEach((color, node) => shares[node * 3 + color]! += 1 / draws);
    }
    close(shares, [...expected], 0.015);
  }
});

Deno.test("nextColorProbabilities refuses what cannot be enumerated", () => {
  const dynamics = worldOf("full", { variables: 10, colors: 5, rule: "none" });
  assert.throws(() => nextColorProbabilities(dynamics, { colors: new Float32Array(10), action: 0 }), {
    name: "RangeError",
    message: "Cannot enumerate a step's outcomes: there are too many, expected at most 1000000, got 5^9",
  });
});
