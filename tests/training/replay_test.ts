import assert from "node:assert/strict";
import { areValues, type Observations } from "../../lib/core/observations.ts";
import { Rng } from "../../lib/core/rng.ts";
import type { Environment } from "../../lib/envs/environment.ts";
import { replayArtifact, replayEpisodes } from "../../lib/training/evaluation/replay.ts";
import { type PlayedStep, playTestEpisodes } from "../../lib/training/evaluation/test_episodes.ts";
import { parseReplay } from "../../lib/records/artifacts.ts";
import { toyEnvironment } from "./toy_world.ts";

/** The toy world, whose two bits are shown as a point's x and y. */
function seenWorld(): Environment {
  return {
    ...toyEnvironment({ copyChance: 0 }),
    scene: {
      stepMs: 100,
      record: (states, { episode }) => ({
        geoms: [{ name: "point", type: "sphere", size: [0.1], color: [1, 0, 0] }],
        frames: states.map(({ values }) => [values[2 * episode]!, values[2 * episode + 1]!, 0, 1, 0, 0, 0]),
      }),
      tracks: (values) => [{
        name: "point",
        radius: 0.1,
        floor: null,
        points: Array.from({ length: values.length / 2 }, (_, row) => [values[2 * row]!, values[2 * row + 1]!, 0]),
      }],
    },
  };
}

/** Steps of test episodes that flip bit a each time. */
function play(environment: Environment): PlayedStep[] {
  const steps: PlayedStep[] = [];
  const game = playTestEpisodes(environment, {
    split: "train",
    episodes: 6,
    choose: (_, goal) => ({ actions: new Float32Array(goal.length / 2).fill(1), pairs: 0, predictedPairs: 0 }),
    rng: new Rng(3),
    onStep: (step) => steps.push(step),
  });
  while (!game.next().done);
  return steps;
}

/** What is seen, which nothing has shifted. */
function valuesOf(observations: Observations): Float32Array {
  assert.ok(areValues(observations));
  return observations.values;
}

const split = toyEnvironment().spec.splits[0]!;

Deno.test("replayEpisodes shows the first episode of each context and rolls out from its first state alone", () => {
  const environment = seenWorld();
  const steps = play(environment);
  const asked: number[][] = [];
  // A model that believes that bit b flips instead of bit a.
  const predict = (observations: Observations, actions: Float32Array) => {
    const [a, b] = valuesOf(observations);
    asked.push([a!, b!, ...actions]);
    return Float32Array.of(a!, 1 - b!);
  };
  const episodes = replayEpisodes(environment, { split, steps, predict });
  assert.deepEqual(episodes.map(({ context }) => context), ["off", "on"]);
  for (const [context, episode] of episodes.entries()) {
    const first = steps.map(({ state }) => state)[0]!;
    const index = [0, 1, 2, 3, 4, 5].find((e) => first.values[2 * e] === context)!;
    const [a, b] = [...first.values.slice(2 * index, 2 * index + 2)] as [number, number];
    assert.deepEqual(episode.tracks[0]!.true, [0, 1, 2, 3, 4].map((t) => [t % 2 === 0 ? a : 1 - a, b, 0]));
    assert.deepEqual(episode.tracks[0]!.predicted, [0, 1, 2, 3, 4].map((t) => [a, t % 2 === 0 ? b : 1 - b, 0]));
    assert.deepEqual(episode.frames.map((frame) => frame.slice(0, 3)), episode.tracks[0]!.true);
    const total = steps.reduce((sum, { result }) => sum + result.reward[index]!, 0);
    assert.equal(episode.return, total);
    assert.equal(episode.success, steps.some(({ result }) => result.success[index] === 1));
  }
  // One row a question: no future of the world reaches the model.
  assert.ok(asked.length === 8 && asked.every((row) => row.length === 3));
  const { content } = replayArtifact(environment, episodes);
  assert.deepEqual(parseReplay(JSON.parse(JSON.stringify(content))), content);
});

Deno.test("replayEpisodes ends a predicted way where the model's numbers cease to be finite", () => {
  const environment = seenWorld();
  let calls = 0;
  const predict = (observations: Observations) =>
    Float32Array.of(valuesOf(observations)[0]!, calls++ % 2 === 1 ? NaN : 0);
  const [episode] = replayEpisodes(environment, { split, steps: play(environment), predict });
  assert.equal(episode!.tracks[0]!.predicted.length, 2);
  assert.equal(episode!.tracks[0]!.true.length, 5);
});

Deno.test("replayEpisodes gives none where an environment cannot be seen", () => {
  const environment = toyEnvironment();
  assert.deepEqual(replayEpisodes(environment, { split, steps: play(environment), predict: valuesOf }), []);
});
