import assert from "node:assert/strict";
import { Rng } from "../../lib/core/rng.ts";
import type { Environment } from "../../lib/envs/environment.ts";
import { type ChooseActions, Collector } from "../../lib/training/collector.ts";
import { ReplayBuffer } from "../../lib/training/replay_buffer.ts";
import { toyEnvironment, toyEpisodeLength } from "./toy_world.ts";

function parts(
  options: { environments?: number; explorationEpsilon?: number; explorationNoise?: number; environment?: Environment },
) {
  const environment = options.environment ?? toyEnvironment();
  const buffer = new ReplayBuffer({
    stateCount: environment.spec.stateVariables.length,
    actionCount: environment.spec.actionVariables.length,
    capacity: 1e5,
    windowSteps: 2,
    validationShare: 0.1,
    maxWindowUses: 100,
  });
  const collector = new Collector(environment, {
    environments: 3,
    explorationEpsilon: 0,
    explorationNoise: 0,
    ...options,
    buffer,
    rng: new Rng(7),
  });
  return { environment, buffer, collector };
}

/** Always the same action. */
const always = (action: number): ChooseActions => (_, goal) => ({
  actions: new Float32Array(goal.length / 2).fill(action),
  pairs: 1,
  predictedPairs: 1,
});

Deno.test("Collector stores whole episodes whose steps follow each other, and counts their returns", () => {
  const { environment, buffer, collector } = parts({});
  for (let loop = 1; loop <= 3 * toyEpisodeLength + 2; loop++) {
    collector.actRandomly();
    assert.equal(collector.steps, 3 * loop);
    assert.equal(buffer.episodeCount, 3 * Math.floor(loop / toyEpisodeLength));
  }
  const { values, nextValues } = buffer.transitions();
  for (let k = 0; k + 1 < buffer.size; k++) {
    if ((k + 1) % toyEpisodeLength === 0) continue;
    assert.deepEqual(nextValues.slice(2 * k, 2 * k + 2), values.slice(2 * k + 2, 2 * k + 4));
  }
  const returns = collector.takeReturns();
  assert.equal(returns.length, 9);
  for (const each of returns) assert.ok(each >= 0 && each <= toyEpisodeLength);
  assert.deepEqual(collector.takeReturns(), []);
  assert.equal(environment.spec.episodeLength, toyEpisodeLength);
});

Deno.test("Collector sums the rewards of an episode", () => {
  // Nothing changes in a toy world without copying when the action is 0: the return is 4 times the start's reward.
  const { environment, buffer, collector } = parts({ environment: toyEnvironment({ copyChance: 0 }) });
  const goals = collector.save().goal;
  for (let loop = 0; loop < toyEpisodeLength; loop++) collector.actByPlan(always(0));
  const starts = Float32Array.from(
    [0, 1, 2].flatMap((
      e,
    ) => [...buffer.transitions().values.slice(2 * e * toyEpisodeLength, 2 * e * toyEpisodeLength + 2)]),
  );
  assert.deepEqual(
    collector.takeReturns(),
    [...environment.reward(starts, goals)].map((reward) => reward * toyEpisodeLength),
  );
});

Deno.test("Collector.actRandomly draws categorical actions uniformly and continuous ones within their bounds", () => {
  const { buffer, collector } = parts({ environments: 100 });
  for (let loop = 0; loop < 25 * toyEpisodeLength; loop++) collector.actRandomly();
  const counts = [0, 0, 0];
  for (const action of buffer.transitions().actions) counts[action]!++;
  for (const count of counts) assert.ok(Math.abs(count - 10_000 / 3) < 250, counts.join()); // 5 standard deviations
  const continuous = pushing();
  for (let loop = 0; loop < 200; loop++) continuous.collector.actRandomly();
  const { actions } = continuous.buffer.transitions();
  assert.ok(actions.every((action) => action >= -2 && action < 6));
  const mean = actions.reduce((sum, action) => sum + action, 0) / actions.length;
  assert.ok(Math.abs(mean - 2) < 0.5, `${mean}`);
});

/** A toy world whose action is a number in [-2, 6], which does nothing. */
function pushing(explorationNoise = 0) {
  const toy = toyEnvironment({ copyChance: 0 });
  return parts({
    explorationNoise,
    environment: {
      ...toy,
      spec: { ...toy.spec, actionVariables: [{ kind: "continuous", name: "push", low: -2, high: 6 }] },
      step: (state, { actions, rng }) => toy.step(state, { actions: actions.map(() => 0), rng }),
    },
  });
}

Deno.test("Collector explores: epsilon replaces actions, noise moves continuous ones and stays within bounds", () => {
  const share = (explorationEpsilon: number) => {
    const { buffer, collector } = parts({ environments: 100, explorationEpsilon });
    for (let loop = 0; loop < 25 * toyEpisodeLength; loop++) collector.actByPlan(always(1));
    const { actions } = buffer.transitions();
    return actions.filter((action) => action === 1).length / actions.length;
  };
  assert.equal(share(0), 1);
  assert.ok(Math.abs(share(0.3) - (1 - 0.3 * 2 / 3)) < 0.02); // 5 standard deviations
  const { buffer, collector } = pushing(0.5);
  for (let loop = 0; loop < 400; loop++) collector.actByPlan(always(5.9));
  const { actions } = buffer.transitions();
  assert.ok(actions.every((action) => action <= 6 && action > 3));
  const atBound = actions.filter((action) => action === 6).length / actions.length;
  assert.ok(Math.abs(atBound - 0.42) < 0.08, `${atBound}`); // P(N(0, 1) > 0.2) = 0.42
});

Deno.test("Collector restored from its saved state goes on to the bit, open episodes included", () => {
  const original = parts({ explorationEpsilon: 0.5 });
  for (let loop = 0; loop < toyEpisodeLength + 2; loop++) original.collector.actByPlan(always(1));
  const copy = parts({ explorationEpsilon: 0.5 });
  copy.buffer.restore(original.buffer.save());
  copy.collector.restore(original.collector.save());
  for (const { collector } of [original, copy]) {
    for (let loop = 0; loop < 2 * toyEpisodeLength + 1; loop++) collector.actByPlan(always(2));
  }
  assert.deepEqual(copy.collector.save(), original.collector.save());
  assert.deepEqual(copy.buffer.save(), original.buffer.save());
});

Deno.test("Collector plans from what it observes now and for the goals of now", () => {
  const { collector } = parts({ environment: toyEnvironment({ copyChance: 0 }) });
  const { values, goal } = collector.save();
  const plan = collector.actByPlan((observations, goals) => {
    assert.deepEqual(observations, { values });
    assert.deepEqual(goals, goal);
    return { actions: Float32Array.of(1, 2, 0), pairs: 5, predictedPairs: 3 };
  });
  assert.equal(plan.predictedPairs, 3);
  const expected = values.slice();
  expected[0] = 1 - expected[0]!;
  expected[3] = 1 - expected[3]!;
  assert.deepEqual(collector.save().values, expected);
});
